import { useSyncExternalStore } from 'react'

/**
 * Some operations need a password or a code given within the last minutes. The
 * client (client.ts) asks here when the server says so, waits, and sends the
 * request again; pages know nothing of it.
 */
let pending: { done: (proved: boolean) => void; answer: Promise<boolean> } | undefined
const listeners = new Set<() => void>()

const changed = (): void => {
  for (const listener of listeners) listener()
}

/** Has the operator prove who they are; false: they would not. Requests that need it at once wait for the same proof. */
export function prove(): Promise<boolean> {
  if (!pending) {
    let done: (proved: boolean) => void = () => undefined
    const answer = new Promise<boolean>((resolve) => {
      done = resolve
    })
    pending = { done, answer }
    changed()
  }
  return pending.answer
}

/** Ends the asking. */
export function proved(so: boolean): void {
  pending?.done(so)
  pending = undefined
  changed()
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Whether a proof is asked for now. */
export const useProofWanted = (): boolean => useSyncExternalStore(subscribe, () => pending !== undefined)
