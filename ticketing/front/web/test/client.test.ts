import { describe, expect, it } from 'vitest'
import { Client, type MeetChallenge } from '../src/api/client'
import { Problem, fieldOf, readProblem, wordsFor } from '../src/api/problem'
import { Session } from '../src/session'

class Store implements Storage {
  private readonly kept = new Map<string, string>()
  get length() {
    return this.kept.size
  }
  clear() {
    this.kept.clear()
  }
  getItem(name: string) {
    return this.kept.get(name) ?? null
  }
  key(index: number) {
    return [...this.kept.keys()][index] ?? null
  }
  removeItem(name: string) {
    this.kept.delete(name)
  }
  setItem(name: string, value: string) {
    this.kept.set(name, value)
  }
}

const signedIn = (expires = '2999-01-01T00:00:00.000Z') => ({ session_token: 'tok', account_id: 'a', expires_at: expires })

interface Sent {
  path: string
  method: string
  headers: Record<string, string>
  body: unknown
}

function setup(answers: (Response | Error)[], meetChallenge: MeetChallenge = () => Promise.resolve('the-pass')) {
  const sent: Sent[] = []
  const announced: string[] = []
  const session = new Session(new Store(), new Store())
  const client = new Client({
    session,
    language: () => 'en-GB',
    meetChallenge,
    collector: (address) => announced.push(address),
    fetch: (path, init) => {
      sent.push({ path: path as string, method: init?.method ?? '', headers: init?.headers as Record<string, string>, body: init?.body })
      const answer = answers.shift()
      return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer ?? new Error('nothing more'))
    },
  })
  return { client, session, sent, announced }
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) => new Response(JSON.stringify(body), { status, headers })
const challenge = { status: 403, code: 'challenge_required', challenge_url: '/.fairgate/challenge', scope: { kind: 'order.submit', pool: 'p' } }

describe('a request', () => {
  it('says who asks, in which language, and by which key', async () => {
    const { client, session, sent } = setup([json(201, { order_id: 'o' })])
    session.begin(signedIn(), false)
    await client.write('POST', '/api/v1/orders', { body: { a: 1 }, key: 'k-1', signedIn: true })
    expect(sent).toEqual([
      {
        path: '/api/v1/orders', method: 'POST', body: '{"a":1}',
        headers: { Accept: 'application/json', 'Accept-Language': 'en-GB', 'Content-Type': 'application/json', 'Idempotency-Key': 'k-1', Authorization: 'Bearer tok' },
      },
    ])
  })
  it('meets a challenge and goes out once more, the same', async () => {
    const met: Record<string, string>[] = []
    const { client, session, sent } = setup([json(403, challenge), json(201, { order_id: 'o' })], (_, headers) => {
      met.push(headers)
      return Promise.resolve('the-pass')
    })
    session.begin(signedIn(), false)
    expect(await client.write('POST', '/api/v1/orders', { body: { a: 1 }, key: 'k-1', signedIn: true })).toEqual({ order_id: 'o' })
    expect(met).toEqual([{ 'Accept-Language': 'en-GB', Authorization: 'Bearer tok' }])
    const { 'X-Fairgate-Pass': pass, ...rest } = sent[1]!.headers
    expect(pass).toBe('the-pass')
    expect({ ...sent[1], headers: rest }).toEqual(sent[0])
  })
  it('is challenged no more than once', async () => {
    const { client, sent } = setup([json(403, challenge), json(403, challenge)])
    await expect(client.get('/api/v1/pools')).rejects.toMatchObject({ code: 'challenge_required' })
    expect(sent).toHaveLength(2)
  })
  it('in the background asks nobody for anything', async () => {
    const { client, sent } = setup([json(403, challenge)])
    await expect(client.get('/api/v1/pools/p/stock', { quiet: true })).rejects.toMatchObject({ code: 'challenge_required' })
    expect(sent).toHaveLength(1)
  })
  it('tells no answer from a refusal', async () => {
    await expect(setup([new TypeError('failed')]).client.get('/x')).rejects.toMatchObject({ code: 'offline', unsure: true })
    await expect(setup([json(409, { code: 'sold_out' })]).client.get('/x')).rejects.toMatchObject({ code: 'sold_out', unsure: false })
    await expect(setup([new Response('<html>', { status: 502 })]).client.get('/x')).rejects.toMatchObject({ code: 'http_error', status: 502, unsure: true })
    const gone = new AbortController()
    gone.abort()
    await expect(setup([new TypeError('aborted')]).client.get('/x', { signal: gone.signal })).rejects.toMatchObject({ code: 'abandoned' })
  })
  it('ends a session that the server no longer knows', async () => {
    const { client, session } = setup([json(401, { code: 'unauthenticated' })])
    session.begin(signedIn(), true)
    await expect(client.get('/api/v1/orders', { signedIn: true })).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(session.token).toBeUndefined()
  })
  it('needs a session where it says so', async () => {
    const { client, sent } = setup([])
    await expect(client.get('/api/v1/orders', { signedIn: true })).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(sent).toHaveLength(0)
  })
  it('passes on what has not changed', async () => {
    const { client, sent } = setup([json(200, { version: 1 }, { ETag: '"1"' }), new Response(null, { status: 304 })])
    expect(await client.getIfChanged('/s', undefined)).toEqual({ value: { version: 1 }, etag: '"1"' })
    expect(await client.getIfChanged('/s', '"1"')).toBeUndefined()
    expect(sent[1]?.headers['If-None-Match']).toBe('"1"')
  })
  it('tells of the gateway’s collector', async () => {
    const { client, announced } = setup([json(200, {}, { 'X-Fairgate-Collector': '/.fairgate/collector/0123456789abcdef.js' }), json(200, {})])
    await client.get('/x')
    await client.get('/x')
    expect(announced).toEqual(['/.fairgate/collector/0123456789abcdef.js'])
  })
})

describe('a session', () => {
  it('stays on the device only where it is asked to', () => {
    for (const stay of [true, false]) {
      const [tab, device] = [new Store(), new Store()]
      new Session(tab, device).begin(signedIn(), stay)
      expect([tab.length, device.length]).toEqual(stay ? [0, 1] : [1, 0])
      const again = new Session(tab, device)
      expect(again.token).toBe('tok')
      again.end()
      expect([tab.length, device.length]).toEqual([0, 0])
    }
  })
  it('ends when it expires, and tells', () => {
    const session = new Session(new Store(), new Store())
    let told = 0
    session.begin(signedIn('2000-01-01T00:00:00.000Z'), false)
    session.subscribe(() => told++)
    expect(session.token).toBeUndefined()
    expect(told).toBe(1)
  })
  it('reads nothing that is no session', () => {
    for (const kept of ['', 'x', '{}', '[]', '{"token":1,"expires":2}', 'null']) {
      const store = new Store()
      store.setItem('fairgate.session', kept)
      expect(new Session(new Store(), store).token).toBeUndefined()
    }
  })
})

describe('a problem', () => {
  it('names the field', () => {
    const at = (field?: string) => fieldOf(new Problem({ status: 422, code: 'invalid_field', ...(field === undefined ? {} : { field }) }))
    expect(at('positions[12].document.number')).toEqual({ position: 12, field: 'document.number' })
    expect(at('positions[0]')).toEqual({ position: 0, field: 'document.number' })
    expect(at('to_phone')).toEqual({ field: 'to_phone' })
    expect(at()).toBeUndefined()
  })
  it('has words whatever its code', () => {
    expect(wordsFor(new Problem({ status: 409, code: 'sold_out' }))).toBe('error.sold_out')
    expect(wordsFor(new Problem({ status: 502, code: 'never_heard_of' }))).toBe('error.unavailable')
    expect(wordsFor(new Problem({ status: 400, code: 'never_heard_of' }))).toBe('error.unexpected')
  })
  it('says when to come back', async () => {
    expect((await readProblem(json(429, { code: 'code_limit' }, { 'Retry-After': '42' }))).retryAfter).toBe(42)
    expect((await readProblem(json(429, {}, { 'Retry-After': 'soon' }))).retryAfter).toBeUndefined()
  })
})

describe('a signature', () => {
  it('goes with what asks for one, made anew each time it is sent', async () => {
    const sent: Record<string, string>[] = []
    const signed: string[][] = []
    const answers = [json(403, challenge), json(201, { order_id: 'o' }), json(200, {}), json(200, {})]
    const client = new Client({
      session: new Session(new Store(), new Store()), language: () => 'en', meetChallenge: () => Promise.resolve('the-pass'), collector: () => undefined,
      sign: (...what) => Promise.resolve(signed.push(what) > 2 ? undefined : `proof ${signed.length}`),
      fetch: (_, init) => {
        sent.push(init?.headers as Record<string, string>)
        return Promise.resolve(answers.shift()!)
      },
    })
    await client.write('POST', '/api/v1/orders', { body: { pool: 'p' }, signed: true })
    expect(sent.map((h) => [h['X-Fairgate-Proof'], h['X-Fairgate-Pass']])).toEqual([['proof 1', undefined], ['proof 2', 'the-pass']])
    expect(signed).toEqual([['POST', '/api/v1/orders', '{"pool":"p"}'], ['POST', '/api/v1/orders', '{"pool":"p"}']])
    await client.write('POST', '/api/v1/orders', { body: {}, signed: true })
    await client.write('POST', '/api/v1/other', { body: {} })
    expect(signed).toHaveLength(3)
    expect(sent.slice(2).every((h) => !('X-Fairgate-Proof' in h))).toBe(true)
  })
})
