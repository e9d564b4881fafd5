import { createContext } from 'preact'
import { useContext, useEffect, useReducer, useState } from 'preact/hooks'
import type { Client } from './api/client'
import { type Problem, asProblem } from './api/problem'
import type { Order, Pool } from './api/types'
import type { Collector } from './collector'
import type { Session } from './session'
import type { Draft, Quantities } from './visitors'

/**
 * What all pages share. Orders that were opened stay here as long as the page
 * does, so that a ticket shows without a network; nothing of them is stored.
 */
export interface Shop {
  client: Client
  session: Session
  collector: Collector
  orders: Map<string, Order>
  pools: Map<string, Pool>
  /** What was typed for a booking that is not made yet, by pool. */
  drafts: Map<string, { drafts: Record<string, Draft>; quantities: Quantities }>
  /** Says something to everybody, screen readers too. */
  say: (message: string) => void
}

export const ShopContext = createContext<Shop | undefined>(undefined)

export function useShop(): Shop {
  const shop = useContext(ShopContext)
  if (!shop) throw new Error('no shop')
  return shop
}

/** Draws again when somebody signs in or out. */
export function useSignedIn(): boolean {
  const { session } = useShop()
  const [, again] = useReducer((n: number) => n + 1, 0)
  useEffect(() => session.subscribe(() => again(undefined)), [session])
  return session.token !== undefined
}

export interface Loaded<T> {
  value: T | undefined
  problem: Problem | undefined
  loading: boolean
  reload: () => void
  set: (value: T) => void
}

/** Reads something when the page opens and whenever what it depends on changes. */
export function useLoaded<T>(read: (signal: AbortSignal) => Promise<T>, on: readonly unknown[], first?: T): Loaded<T> {
  const [state, setState] = useState<{ value: T | undefined; problem: Problem | undefined; loading: boolean }>({ value: first, problem: undefined, loading: true })
  const [turn, again] = useReducer((n: number) => n + 1, 0)
  useEffect(() => {
    const stop = new AbortController()
    setState((s) => ({ ...s, problem: undefined, loading: true }))
    read(stop.signal).then(
      (value) => {
        if (!stop.signal.aborted) setState({ value, problem: undefined, loading: false })
      },
      (thrown: unknown) => {
        if (!stop.signal.aborted) setState((s) => ({ ...s, problem: asProblem(thrown), loading: false }))
      },
    )
    return () => stop.abort()
  }, [...on, turn])
  return { ...state, reload: () => again(undefined), set: (value) => setState({ value, problem: undefined, loading: false }) }
}

/** A clock that draws again every so often. */
export function useTick(everyMs: number): void {
  const [, again] = useReducer((n: number) => n + 1, 0)
  useEffect(() => {
    const timer = setInterval(() => again(undefined), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
}

export function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine)
  useEffect(() => {
    const changed = () => setOnline(navigator.onLine)
    addEventListener('online', changed)
    addEventListener('offline', changed)
    return () => {
      removeEventListener('online', changed)
      removeEventListener('offline', changed)
    }
  }, [])
  return online
}
