import { Problem, abandoned, offline, readProblem } from '../api/problem'
import { type Challenge, type Found, payload } from './pow'

/** How far the search is, from 0 to 1. On average it ends half way. */
export type Progress = (share: number) => void

const algorithm = 'SHA-256'
/** More than this no phone should be asked for. */
const maxNumber = 10_000_000

/**
 * Gets a challenge, solves it in a worker and redeems it for a pass. It goes
 * with the credentials of the request that was challenged.
 */
export async function winPass(problem: Problem, credentials: Record<string, string>, progress: Progress, signal: AbortSignal): Promise<string> {
  const address = ownAddress(problem.body.challenge_url)
  const scope = { kind: problem.body.scope?.kind ?? '', ...(problem.body.scope?.pool ? { pool: problem.body.scope.pool } : {}) }
  const challenge = await call<Challenge>(`${address}?${new URLSearchParams(scope).toString()}`, { headers: credentials, signal })
  if (challenge.algorithm !== algorithm || !(challenge.maxnumber > 0 && challenge.maxnumber <= maxNumber)) {
    throw new Problem({ status: 0, code: 'invalid_payload' })
  }
  const number = await solve(challenge, progress, signal)
  const redeemed = await call<{ pass: string }>(address, {
    method: 'POST',
    headers: { ...credentials, 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...scope, payload: payload(challenge, number) }),
    signal,
  })
  return redeemed.pass
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
