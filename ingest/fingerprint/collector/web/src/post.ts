// Asks for nonces and posts beacons. Nothing here may disturb the page: what
// fails is tried once more where that can help, and then left.

import type { Proof } from './proof'

const noncePath = '/.fairgate/collector/nonce'
const beaconPath = '/.fairgate/collect'

export type Fetch = (path: string, init?: RequestInit) => Promise<Response>

export class Post {
  private nonce = ''

  constructor(
    private readonly fetch: Fetch,
    private readonly proof: Proof | undefined,
  ) {}

  /** Posts one beacon; says whether it was believed. */
  async send(beacon: Record<string, unknown>): Promise<boolean> {
    for (let attempt = 0; attempt < 2; attempt++) {
      const nonce = await this.take()
      if (!nonce) return false
      const body = JSON.stringify({ v: 1, nonce, ...beacon, ...(this.proof && { key: this.proof.key }) })
      const headers: Record<string, string> = { 'Content-Type': 'application/json' }
      if (this.proof) headers['X-Fairgate-Proof'] = await this.proof.sign(body)
      const answer = await this.fetch(beaconPath, { method: 'POST', body, headers, credentials: 'same-origin', keepalive: true })
      if (answer.ok) {
        this.nonce = ((await answer.json()) as { nonce?: string }).nonce ?? ''
        return true
      }
      // 409: the nonce slept too long, or the device got a new token.
      if (answer.status !== 409) return false
    }
    return false
  }

  private async take(): Promise<string> {
    if (this.nonce) {
      const kept = this.nonce
      this.nonce = ''
      return kept
    }
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await this.fetch(noncePath, { credentials: 'same-origin', cache: 'no-store' })
      if (answer.ok) return ((await answer.json()) as { nonce?: string }).nonce ?? ''
      // 409: a visitor's first answer of all brings the token that a nonce is for.
      if (answer.status !== 409) return ''
    }
    return ''
  }
}
