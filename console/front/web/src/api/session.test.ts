import { beforeEach, describe, expect, it, vi } from 'vitest'
import { api, ask } from './client'
import { asProblem, Problem } from './problem'
import { proved } from './proof'
import { currentSession, restore, signIn, signInCode, signOut } from './session'

interface Sent {
  method: string
  path: string
  csrf: string | null
  body: unknown
}

const principal = { name: 'ana', role: 'analyst' }
const answer = (status: number, body: unknown): Response =>
  new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json', 'X-Request-Id': 'r-1' } })

describe('the session', () => {
  let sent: Sent[]
  let answers: Record<string, () => Response>
  beforeEach(async () => {
    sent = []
    answers = {
      'DELETE /api/v1/sessions': () => answer(204, undefined),
      'POST /api/v1/sessions': () => answer(201, { operator: principal, csrf_token: 'c-1', expires_at: '2026-01-01T00:00:00Z' }),
    }
    vi.stubGlobal('fetch', async (request: Request) => {
      const path = new URL(request.url).pathname
      const text = await request.text()
      sent.push({ method: request.method, path, csrf: request.headers.get('X-CSRF-Token'), body: text ? JSON.parse(text) : undefined })
      return answers[`${request.method} ${path}`]?.() ?? answer(404, { detail: 'there is no such path' })
    })
    await signOut().catch(() => undefined)
    sent = []
    return () => vi.unstubAllGlobals()
  })

  it('is opened by cookie, and its writes carry the token that the server gave', async () => {
    expect(await signIn({ name: 'ana', password: 'long enough 12' })).toBe('in')
    expect(currentSession()).toEqual({ state: 'in', operator: { ...principal, mustChange: false, mustEnrol: false } })
    expect(sent[0]?.body).toEqual({ name: 'ana', password: 'long enough 12', cookie: true })
    await signOut()
    expect(sent[1]).toMatchObject({ method: 'DELETE', csrf: 'c-1' })
    expect(currentSession()).toEqual({ state: 'out' })
  })
  it('takes a second step where there is one', async () => {
    answers['POST /api/v1/sessions'] = () => answer(201, { operator: principal, totp_required: true })
    answers['POST /api/v1/sessions/totp'] = () => answer(201, { operator: principal, csrf_token: 'c-2' })
    expect(await signIn({ name: 'ana', password: 'long enough 12' })).toBe('code')
    expect(currentSession()).toEqual({ state: 'out' })
    await signInCode('123456')
    expect(currentSession().state).toBe('in')
  })
  it('stays out where the server refuses, with its words', async () => {
    answers['POST /api/v1/sessions'] = () => answer(401, { detail: 'the name or the password is wrong' })
    const refused = await signIn({ name: 'ana', password: 'x' }).catch(asProblem)
    expect(refused).toMatchObject({ status: 401, message: 'the name or the password is wrong', requestID: 'r-1' })
    expect(currentSession()).toEqual({ state: 'out' })
  })
  it('is over, not gone, when a later request is refused', async () => {
    await signIn({ name: 'ana', password: 'long enough 12' })
    answers['GET /api/v1/me'] = () => answer(401, { detail: 'not signed in, or the session is over' })
    await expect(ask(api.GET('/api/v1/me'))).rejects.toBeInstanceOf(Problem)
    expect(currentSession()).toMatchObject({ state: 'over', operator: { name: 'ana' } })
  })
  it('is found again after a reload', async () => {
    answers['GET /api/v1/me'] = () => answer(200, { ...principal, csrf_token: 'c-3' })
    await restore()
    expect(currentSession().state).toBe('in')
    await signOut()
    expect(sent.at(-1)?.csrf).toBe('c-3')
  })
  it('proves itself where the server wants it, and the request goes out again by itself', async () => {
    await signIn({ name: 'ana', password: 'long enough 12' })
    let tries = 0
    answers['POST /api/v1/api-keys/old/revoke'] = () =>
      tries++ === 0 ? answer(403, { type: 'urn:fairgate:problem:reauthentication-required', detail: 'give your password' }) : answer(204, undefined)
    const revoked = ask(api.POST('/api/v1/api-keys/{name}/revoke', { params: { path: { name: 'old' } }, body: { reason: 'unused' } }))
    await vi.waitFor(() => expect(tries).toBe(1))
    proved(true)
    await revoked
    expect(sent.filter((s) => s.path.endsWith('/revoke')).map((s) => s.body)).toEqual([{ reason: 'unused' }, { reason: 'unused' }])
  })
  it('shows the refusal where the operator would not prove it', async () => {
    await signIn({ name: 'ana', password: 'long enough 12' })
    answers['POST /api/v1/api-keys/old/revoke'] = () => answer(403, { type: 'urn:fairgate:problem:reauthentication-required', detail: 'give your password' })
    const revoked = ask(api.POST('/api/v1/api-keys/{name}/revoke', { params: { path: { name: 'old' } }, body: { reason: 'unused' } })).catch(asProblem)
    await vi.waitFor(() => expect(sent.at(-1)?.path).toContain('/revoke'))
    await vi.waitFor(() => proved(false))
    expect(await revoked).toMatchObject({ status: 403, kind: 'reauthentication-required' })
  })
})
