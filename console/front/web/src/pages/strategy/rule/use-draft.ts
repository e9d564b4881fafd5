import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { api, ask } from '../../../api/client'
import type { Check, Version } from '../model'
import { maxText } from '../model'

export interface Text {
  when: string
  declaration: string
}

export const same = (a: Text, b: Text) => a.when === b.when && a.declaration === b.declaration
export const sizeOf = (text: Text) => new TextEncoder().encode(text.when + text.declaration).length

/** A value as it was when it last rested for so many milliseconds. */
export function useRested<T>(value: T, after: number): T {
  const [rested, set] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => set(value), after)
    return () => clearTimeout(timer)
  }, [value, after])
  return rested
}

/** Has the server compile the text 300 ms after the last key. */
export function useCheck(ruleset: string | undefined, rule: string, version: number, text: Text) {
  const rested = useRested(text, 300)
  const fits = sizeOf(rested) <= maxText && rested.declaration.trim() !== ''
  const query = useQuery<Check>({
    queryKey: ['check', ruleset, rule, version, rested], enabled: ruleset !== undefined && fits, retry: false, placeholderData: (before) => before, gcTime: 60_000,
    queryFn: ({ signal }) => ask(api.POST('/api/v1/rulesets/{name}/check', { params: { path: { name: ruleset ?? '' } }, body: { ...rested, version, ...(rule ? { rule } : {}) }, signal })),
  })
  return { ...query, current: query.isSuccess && !query.isPlaceholderData && same(rested, text) && fits }
}

const localKey = (rule: string, version: number) => `fairgate.rule.${rule || 'new'}.${version}`

/** What was typed and not saved before the page went away, if anything. */
export function kept(rule: string, version: number): Text | undefined {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(localKey(rule, version)) ?? 'null')
    if (typeof found === 'object' && found !== null && 'when' in found && 'declaration' in found && typeof found.when === 'string' && typeof found.declaration === 'string') return { when: found.when, declaration: found.declaration }
  } catch {
    // Not ours any more.
  }
  return undefined
}

export function keep(rule: string, version: number, text: Text | undefined): void {
  if (text) sessionStorage.setItem(localKey(rule, version), JSON.stringify(text))
  else sessionStorage.removeItem(localKey(rule, version))
}

/** How long the text must rest before it saves itself, in milliseconds. */
export const restsFor = 4000

interface Saving {
  ruleset: string | undefined
  rule: string
  version: Version | undefined
  text: Text
  saved: Text
  allowed: boolean
  reason: string
  onSaved: (version: Version, text: Text) => void
}

/** Saves the text in a draft once it rests; one save at a time. */
export function useAutosave(s: Saving) {
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<unknown>()
  const [at, setAt] = useState<number>()
  const latest = useRef(s)
  const running = useRef(false)
  useEffect(() => {
    latest.current = s
  })
  const save = useCallback(async () => {
    const { ruleset, rule, version, text, saved, allowed, reason, onSaved } = latest.current
    if (running.current || !allowed || !ruleset || same(text, saved) || sizeOf(text) > maxText || text.declaration.trim() === '') return
    running.current = true
    setBusy(true)
    try {
      const open = version && ['draft', 'proposed', 'approved'].includes(version.state)
      const written = await ask(api.POST('/api/v1/rulesets/{name}/drafts', {
        params: { path: { name: ruleset } }, body: { ...text, reason, ...(rule ? { rule } : {}), ...(open ? { version: version.number, hash: version.hash } : {}) },
      }))
      setFailed(undefined)
      setAt(Date.now())
      onSaved(written, text)
    } catch (error) {
      setFailed(error)
    } finally {
      running.current = false
      setBusy(false)
    }
  }, [])
  const dirty = !same(s.text, s.saved)
  useEffect(() => {
    if (!dirty || !s.allowed) return undefined
    const timer = setTimeout(() => void save(), restsFor)
    return () => clearTimeout(timer)
  }, [dirty, s.allowed, s.text, save])
  return { save, busy, failed, at, dirty }
}
