// Who is signed in. The token is kept for the tab, or where the visitor asks
// for it, on this device until it expires.

import type { SignedIn } from './api/types'
import { now } from './clock'

const name = 'fairgate.session'

interface Kept {
  token: string
  expires: number
}

/** A change of any kind: signed in, signed out, or in another tab. */
export type Listener = () => void

export class Session {
  private current: Kept | undefined
  private readonly listeners = new Set<Listener>()

  constructor(
    private readonly tab: Storage,
    private readonly device: Storage,
  ) {
    this.current = this.read()
  }

  get token(): string | undefined {
    if (this.current && this.current.expires <= now()) this.end()
    return this.current?.token
  }

  begin(signedIn: SignedIn, stay: boolean): void {
    this.current = { token: signedIn.session_token, expires: Date.parse(signedIn.expires_at) }
    this.write(stay ? this.device : this.tab)
    this.tell()
  }

  end(): void {
    this.current = undefined
    this.write(undefined)
    this.tell()
  }

  /** Another tab signed in or out. */
  reload(): void {
    this.current = this.read()
    this.tell()
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private tell(): void {
    for (const listener of this.listeners) listener()
  }

  private read(): Kept | undefined {
    for (const store of [this.tab, this.device]) {
      try {
        const kept: unknown = JSON.parse(store.getItem(name) ?? 'null')
        if (isKept(kept)) return kept
      } catch {
        // Storage may be switched off; the session then lives as long as the page.
      }
    }
    return undefined
  }

  private write(into: Storage | undefined): void {
    for (const store of [this.tab, this.device]) {
      try {
        if (store === into && this.current) store.setItem(name, JSON.stringify(this.current))
        else store.removeItem(name)
      } catch {
        // As in read.
      }
    }
  }
}

const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' && value !== null && 'token' in value && typeof value.token === 'string' && 'expires' in value && typeof value.expires === 'number'
