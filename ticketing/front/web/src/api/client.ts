import type { Session } from '../session'
import { learnClock } from '../clock'
import { Problem, abandoned, offline, readProblem, timedOut } from './problem'

/** What one request needs besides its address. */
export interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  body?: unknown
  /** Idempotency-Key of a write. */
  key?: string
  /** Send the visitor's session, which must exist. */
  signedIn?: boolean
  /** Have the device sign it, where it can. */
  signed?: boolean
  /** Background reads let a challenge fail instead of asking the visitor. */
  quiet?: boolean
  signal?: AbortSignal
}

/** An answer with its entity tag, where it has one. */
export interface Answered<T> {
  value: T
  etag: string | undefined
}

/** Gets a pass for a challenge; rejects when the visitor gives up. */
export type MeetChallenge = (problem: Problem, headers: Record<string, string>, signal?: AbortSignal) => Promise<string>

export interface ClientOptions {
  session: Session
  language: () => string
  meetChallenge: MeetChallenge
  /** The gateway announces its collector on any answer. */
  collector: (address: string) => void
  /** What the device's own key says of a request; undefined where there is none. */
  sign?: (method: string, path: string, body: string) => Promise<string | undefined>
  fetch?: typeof fetch
  timeout?: number
}

const collectorHeader = 'X-Fairgate-Collector'
const passHeader = 'X-Fairgate-Pass'
const proofHeader = 'X-Fairgate-Proof'

/**
 * Speaks to the public API through the gateway, same origin only. Every failure
 * is a Problem. A challenge is met once and the very same request sent again,
 * with the same Idempotency-Key.
 */
export class Client {
  constructor(private readonly o: ClientOptions) {}

  async get<T>(path: string, ask: Omit<Ask, 'method' | 'body' | 'key'> = {}): Promise<T> {
    return (await this.send(path, ask)).json() as Promise<T>
  }

  /** Reads something only if it changed since; undefined means it did not. */
  async getIfChanged<T>(path: string, etag: string | undefined, ask: Pick<Ask, 'quiet' | 'signal'> = {}): Promise<Answered<T> | undefined> {
    const response = await this.send(path, ask, etag ? { 'If-None-Match': etag } : {})
    if (response.status === 304) return undefined
    return { value: (await response.json()) as T, etag: response.headers.get('ETag') ?? undefined }
  }

  async write<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, ask: Omit<Ask, 'method'>): Promise<T> {
    const response = await this.send(path, { ...ask, method })
    return (response.status === 204 ? undefined : await response.json()) as T
  }

  private async send(path: string, ask: Ask, more: Record<string, string> = {}): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': this.o.language(), ...more }
    if (ask.body !== undefined) headers['Content-Type'] = 'application/json'
    if (ask.key) headers['Idempotency-Key'] = ask.key
    if (ask.signedIn) {
      const token = this.o.session.token
      if (!token) throw new Problem({ status: 401, code: 'unauthenticated' })
      headers['Authorization'] = `Bearer ${token}`
    }
    let response = await this.once(path, ask, headers)
    let problem = await refused(response)
    if (problem?.body.challenge_url && !ask.quiet) {
      // A pass is bound to whoever asks, so the challenge goes with the same credentials.
      const credentials: Record<string, string> = { 'Accept-Language': this.o.language() }
      if (headers['Authorization']) credentials['Authorization'] = headers['Authorization']
      const pass = await this.o.meetChallenge(problem, credentials, ask.signal)
      response = await this.once(path, ask, { ...headers, [passHeader]: pass })
      problem = await refused(response)
    }
    if (!problem) return response
    if (ask.signedIn && problem.status === 401 && problem.code === 'unauthenticated') this.o.session.end()
    throw problem
  }

  private async once(path: string, ask: Ask, given: Record<string, string>): Promise<Response> {
    const method = ask.method ?? 'GET'
    const body = ask.body === undefined ? undefined : JSON.stringify(ask.body)
    // Each is good once, also of one that is sent again.
    const proof = ask.signed ? await this.o.sign?.(method, path, body ?? '') : undefined
    const headers = proof ? { ...given, [proofHeader]: proof } : given
    const timeout = AbortSignal.timeout(this.o.timeout ?? 20_000)
    const signal = ask.signal ? anySignal([timeout, ask.signal]) : timeout
    try {
      const response = await (this.o.fetch ?? fetch)(path, {
        method,
        headers,
        signal,
        cache: 'no-store',
        credentials: 'same-origin',
        referrerPolicy: 'no-referrer',
        ...(body === undefined ? {} : { body }),
      })
      learnClock(response.headers.get('Date'), Date.now())
      const collector = response.headers.get(collectorHeader)
      if (collector) this.o.collector(collector)
      return response
    } catch {
      if (ask.signal?.aborted) throw abandoned()
      throw timeout.aborted ? timedOut() : offline()
    }
  }
}

const refused = async (response: Response): Promise<Problem | undefined> =>
  response.ok || response.status === 304 ? undefined : readProblem(response)

/** AbortSignal.any, for browsers before 2024. */
function anySignal(signals: AbortSignal[]): AbortSignal {
  const controller = new AbortController()
  for (const signal of signals) {
    if (signal.aborted) controller.abort()
    signal.addEventListener('abort', () => controller.abort(), { once: true, signal: controller.signal })
  }
  return controller.signal
}
