import { createContext } from 'preact'
import type { ComponentChildren } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'

// Package front serves the page on the same addresses; test/paths.json holds both.
export type Route =
  | { page: 'home' }
  | { page: 'pool'; pool: string }
  | { page: 'book'; pool: string }
  | { page: 'sign-in' }
  | { page: 'orders' }
  | { page: 'order'; order: string }
  | { page: 'account' }
  | { page: 'appeal' }
  | { page: 'not-found' }

export function routeOf(path: string): Route {
  if (path === '/') return { page: 'home' }
  const [first, second, third, ...rest] = path.slice(1).split('/').map(decode)
  const named = second !== undefined && second !== '' && rest.length === 0
  if (first === 'pools' && named && third === undefined) return { page: 'pool', pool: second }
  if (first === 'pools' && named && third === 'book') return { page: 'book', pool: second }
  if (first === 'orders' && named && third === undefined) return { page: 'order', order: second }
  if (second !== undefined) return { page: 'not-found' }
  if (first === 'orders' || first === 'account' || first === 'appeal' || first === 'sign-in') return { page: first }
  return { page: 'not-found' }
}

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}

/** Where a sign-in leads back to: only to a page of ours. */
export const safeNext = (next: string | null): string => (next && /^\/(?![/\\])/.test(next) ? next : '/orders')

export interface Place {
  path: string
  query: URLSearchParams
  route: Route
}

export interface Router {
  place: Place
  go: (to: string, how?: { replace?: boolean }) => void
}

const here = (): Place => ({
  path: location.pathname,
  query: new URLSearchParams(location.search),
  route: routeOf(location.pathname),
})

export const RouterContext = createContext<Router | undefined>(undefined)

export function useRouter(): Router {
  const router = useContext(RouterContext)
  if (!router) throw new Error('no router')
  return router
}

export function useHistory(): Router {
  const [place, setPlace] = useState(here)
  useEffect(() => {
    const moved = () => setPlace(here())
    addEventListener('popstate', moved)
    return () => removeEventListener('popstate', moved)
  }, [])
  const go: Router['go'] = (to, how = {}) => {
    history[how.replace ? 'replaceState' : 'pushState'](null, '', to)
    setPlace(here())
    if (!how.replace) scrollTo(0, 0)
  }
  return { place, go }
}

interface LinkProps {
  to: string
  class?: string
  'aria-current'?: 'page' | undefined
  children: ComponentChildren
}

/** A link within the page; with a modifier key the browser follows it itself. */
export function Link({ to, children, ...rest }: LinkProps) {
  const { go } = useRouter()
  const click = (e: MouseEvent) => {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return
    e.preventDefault()
    go(to)
  }
  return (
    <a {...rest} href={to} onClick={click}>
      {children}
    </a>
  )
}
