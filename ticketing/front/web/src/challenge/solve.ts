import { Problem, abandoned, offline, readProblem } from '../api/problem'
import { type Challenge, type Found, payload } from './pow'

/** How far the search is, from 0 to 1. On average it ends half way. */
export type Progress = (share: number) => void

const algorithm = 'SHA-256'
/** More than this no phone should be asked for. */
const maxNumber = 500_000

/** What a challenge asks for: a proof of work, or a code by text message; sms says that a code does, too. */
export type Offer = { grade: 'proof'; sms: boolean; proof: Challenge } | { grade: 'sms'; sms: true }

/** One challenge, asked for and answered with the credentials of the request that was challenged. */
export class Duty {
  private readonly address: string
  private readonly scope: Record<string, string>

  constructor(problem: Problem, private readonly credentials: Record<string, string>) {
    this.address = ownAddress(problem.body.challenge_url)
    const { kind = '', pool, ticket } = problem.body.scope ?? {}
    this.scope = { kind, ...(pool ? { pool } : {}), ...(ticket ? { ticket } : {}) }
  }

  /** Says what is asked for. */
  async offer(signal: AbortSignal): Promise<Offer> {
    const query = new URLSearchParams(this.scope).toString()
    const c = await call<Challenge & { grade?: string; sms?: boolean }>(`${this.address}?${query}`, { headers: this.credentials, signal })
    if (c.grade === 'sms') return { grade: 'sms', sms: true }
    if (c.algorithm !== algorithm || !(c.maxnumber > 0 && c.maxnumber <= maxNumber)) throw new Problem({ status: 0, code: 'invalid_payload' })
    return { grade: 'proof', sms: c.sms === true, proof: c }
  }

  /** Solves a proof of work in a worker and redeems it for a pass. */
  async prove(proof: Challenge, progress: Progress, signal: AbortSignal): Promise<string> {
    return this.redeem({ payload: payload(proof, await solve(proof, progress, signal)) }, signal)
  }

  /** Has a code sent to the account's phone, and tells which that is. */
  async sendCode(signal: AbortSignal): Promise<string> {
    return (await this.post<{ sent_to: string }>({ grade: 'sms' }, signal)).sent_to
  }

  /** Redeems a code for a pass. */
  async enterCode(code: string, signal: AbortSignal): Promise<string> {
    return this.redeem({ code }, signal)
  }

  private async redeem(answer: object, signal: AbortSignal): Promise<string> {
    return (await this.post<{ pass: string }>(answer, signal)).pass
  }

  private post<T>(body: object, signal: AbortSignal): Promise<T> {
    return call<T>(this.address, {
      method: 'POST',
      headers: { ...this.credentials, 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...this.scope, ...body }),
      signal,
    })
  }
}

/** Only the gateway's own paths are followed. */
export function ownAddress(path: string | undefined): string {
  if (!path || !/^\/\.fairgate\/[a-z/-]+$/.test(path)) throw new Problem({ status: 0, code: 'invalid_payload' })
  return path
}

async function call<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, { ...init, cache: 'no-store', credentials: 'same-origin' })
  } catch {
    throw init.signal?.aborted ? abandoned() : offline()
  }
  if (!response.ok) throw await readProblem(response)
  return response.json() as Promise<T>
}

function solve(challenge: Challenge, progress: Progress, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    const end = (finish: () => void) => {
      worker.terminate()
      signal.removeEventListener('abort', cancelled)
      finish()
    }
    const cancelled = () => end(() => reject(abandoned()))
    signal.addEventListener('abort', cancelled)
    worker.onmessage = (message: MessageEvent<Found>) => {
      const { tried, number } = message.data
      progress(Math.min(1, tried / challenge.maxnumber))
      if (number === undefined) return
      end(() => (number === null ? reject(new Problem({ status: 0, code: 'invalid_payload' })) : resolve(number)))
    }
    worker.onerror = () => end(() => reject(new Problem({ status: 0, code: 'unexpected' })))
    worker.postMessage(challenge)
  })
}
