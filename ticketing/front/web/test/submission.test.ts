import { describe, expect, it } from 'vitest'
import { Problem } from '../src/api/problem'
import { Submission, newKey } from '../src/api/submission'

const problem = (status: number, code = 'x', retryAfter?: number) => new Problem({ status, code }, retryAfter)

/** A server that gives the answers in turn and notes what it was asked. */
function server(...answers: (string | Problem)[]) {
  const keys: string[] = []
  return {
    keys,
    send: (key: string) => {
      keys.push(key)
      const answer = answers.shift()
      return typeof answer === 'string' ? Promise.resolve(answer) : Promise.reject(answer)
    },
  }
}

const patient = (waited: number[] = []) => ({ wait: (ms: number) => (waited.push(ms), Promise.resolve()) })

describe('a submission', () => {
  it('has a key of its own', () => {
    const keys = new Set(Array.from({ length: 100 }, newKey))
    expect(keys.size).toBe(100)
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
  it('is sent once however often it is pressed', async () => {
    const s = server('order')
    const submission = new Submission<string>(patient())
    const both = await Promise.all([submission.submit({ a: 1 }, s.send), submission.submit({ a: 1 }, s.send)])
    expect(both).toEqual(['order', 'order'])
    expect(s.keys).toHaveLength(1)
  })
  it('keeps its key while nobody knows what became of it', async () => {
    const waited: number[] = []
    const tries: number[] = []
    const s = server(problem(0, 'offline'), problem(504, 'upstream_timeout'), problem(503, 'unavailable', 7), 'order')
    const submission = new Submission<string>({ ...patient(waited), retrying: (n) => tries.push(n) })
    expect(await submission.submit({}, s.send)).toBe('order')
    expect(new Set(s.keys).size).toBe(1)
    expect(tries).toEqual([1, 2, 3])
    expect(waited).toEqual([1000, 2000, 7000])
  })
  it('keeps its key when the visitor tries again by hand', async () => {
    const down = Array.from({ length: 4 }, () => problem(0, 'offline'))
    const s = server(...down, 'order')
    const submission = new Submission<string>(patient())
    await expect(submission.submit({ a: 1 }, s.send)).rejects.toMatchObject({ code: 'offline' })
    expect(await submission.submit({ a: 1 }, s.send)).toBe('order')
    expect(new Set(s.keys).size).toBe(1)
  })
  it('is another one when its content changes', async () => {
    const s = server(problem(422, 'invalid_field'), 'order')
    const submission = new Submission<string>(patient())
    await expect(submission.submit({ number: 'wrong' }, s.send)).rejects.toMatchObject({ code: 'invalid_field' })
    await submission.submit({ number: 'right' }, s.send)
    expect(new Set(s.keys).size).toBe(2)
  })
  it('is another one once it is renewed', async () => {
    const s = server('sent', 'sent')
    const submission = new Submission<string>(patient())
    await submission.submit('code', s.send)
    submission.renew()
    await submission.submit('code', s.send)
    expect(new Set(s.keys).size).toBe(2)
  })
  it.each([
    problem(409, 'sold_out'), problem(422, 'invalid_field'), problem(403, 'refused'), problem(429, 'code_limit', 9),
    problem(501, 'not_configured'), problem(0, 'abandoned'),
  ])('does not insist on $code', async (refusal) => {
    const s = server(refusal)
    await expect(new Submission<string>(patient()).submit({}, s.send)).rejects.toBe(refusal)
    expect(s.keys).toHaveLength(1)
  })
})
