import { type Problem, asProblem } from './problem'

/** A random UUID (version 4), also where the page came without TLS. */
export function newKey(): string {
  const b = crypto.getRandomValues(new Uint8Array(16))
  b[6] = (b[6]! & 0x0f) | 0x40
  b[8] = (b[8]! & 0x3f) | 0x80
  const hex = [...b].map((x) => x.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export interface SubmissionOptions {
  /** Tells that the n-th retry is about to be waited for. */
  retrying?: (attempt: number) => void
  wait?: (ms: number) => Promise<void>
  retries?: number
}

const pauses = [1000, 2000, 4000]

/**
 * One intent of a visitor: however often it is pressed, sent and sent again, it
 * carries one Idempotency-Key, so that it is done once. Only what changes the
 * content makes a new intent of it. While it is on its way, pressing again
 * joins the one that runs.
 */
export class Submission<T> {
  private key = newKey()
  private content = ''
  private running: Promise<T> | undefined

  constructor(private readonly o: SubmissionOptions = {}) {}

  /** What comes next is another intent, whatever its content. */
  renew(): void {
    this.key = newKey()
  }

  /** Sends what content stands for. Unsure failures are retried with the same key. */
  submit(content: unknown, send: (key: string) => Promise<T>): Promise<T> {
    if (this.running) return this.running
    const text = JSON.stringify(content)
    if (this.content && this.content !== text) this.key = newKey()
    this.content = text
    this.running = this.attempt(send).finally(() => (this.running = undefined))
    return this.running
  }

  private async attempt(send: (key: string) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await send(this.key)
      } catch (thrown) {
        const problem: Problem = asProblem(thrown)
        const pause = pauses[Math.min(attempt, pauses.length - 1)]!
        if (!retryable(problem) || attempt >= (this.o.retries ?? pauses.length)) throw problem
        this.o.retrying?.(attempt + 1)
        await (this.o.wait ?? sleep)(Math.max(pause, Math.min(problem.retryAfter ?? 0, 10) * 1000))
      }
    }
  }
}

/** The gateway's own 503 asks nobody to hurry; a lost answer may have been a yes. */
const retryable = (p: Problem): boolean => p.unsure && p.code !== 'abandoned' && p.code !== 'unexpected' && p.code !== 'not_configured'

const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))
