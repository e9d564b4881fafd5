/// <reference types="node" />
import { createRequire } from 'node:module'
import { expect, it } from 'vitest'

const { createCollector } = createRequire(import.meta.url)('../../mini/collector.js')

interface Request {
  url: string
  method: string
  data?: string
  header: Record<string, string>
  success: (answer: unknown) => void
  fail: (reason: unknown) => void
}

function phone(answers: (object | Error)[]) {
  const sent: Request[] = []
  const stored: Record<string, unknown> = {}
  const wx = {
    getDeviceInfo: () => ({ platform: 'ios', brand: 'iPhone', model: 'iPhone 15<iPhone15,4>', system: 'iOS 17.4', memorySize: '6144' }),
    getWindowInfo: () => ({ screenWidth: 393, screenHeight: 852, windowWidth: 393, windowHeight: 750, pixelRatio: 3 }),
    getAppBaseInfo: () => ({ version: '8.0.49', SDKVersion: '3.4.1', language: 'zh_CN' }),
    getStorageSync: (name: string) => stored[name] ?? '',
    setStorageSync: (name: string, value: unknown) => {
      stored[name] = { ...(value as object) }
    },
    request: (r: Request) => {
      sent.push(r)
      const answer = answers.shift()
      if (answer && !(answer instanceof Error)) r.success(answer)
      else r.fail(answer)
    },
  }
  let now = 1_790_000_000_000
  const collector = createCollector({ wx, base: 'https://tickets.test', now: () => now })
  return { collector, sent, stored, wx, later: (ms: number) => (now += ms) }
}

const nonce = (n: string, header = {}) => ({ statusCode: 200, data: { nonce: n }, header })

it('sends nothing before the visitor agreed', async () => {
  const { collector, sent } = phone([])
  expect(await collector.beacon()).toBe(false)
  expect(sent).toHaveLength(0)
})

it('gets its token, a nonce, and posts; headers stand for cookies', async () => {
  const { collector, sent, stored, later } = phone([
    { statusCode: 409, data: {}, header: { 'x-device-token': 'tok' } },
    nonce('n1'),
    nonce('n2', { 'X-Device-Telemetry': 'told' }),
    nonce('n3'),
  ])
  collector.consent(true)
  collector.typed(1)
  later(150)
  collector.typed(1)
  collector.typed(18)
  expect(await collector.beacon()).toBe(true)
  const body = JSON.parse(sent[2]?.data ?? '')
  expect(body).toMatchObject({
    v: 1, nonce: 'n1', source: 'mini_program', automation: [], keys: { presses: 2, gap: 150, pastes: 1 },
    traits: { model: 'iPhone 15<iPhone15,4>', memory: 6, screen: { width: 393, ratio: 3 }, client: '8.0.49/3.4.1', languages: ['zh_CN'] },
  })
  expect(sent[1]?.header['X-Device-Token']).toBe('tok')
  expect(collector.headers()).toEqual({ 'X-Device-Token': 'tok', 'X-Device-Telemetry': 'told' })
  expect(stored['fairgate.device']).toEqual({ token: 'tok', telemetry: 'told' })
  expect(await collector.beacon(), 'not so soon').toBe(false)
  later(30_000)
  expect(await collector.beacon()).toBe(true)
  expect(JSON.parse(sent[3]?.data ?? '').nonce, 'from the answer before').toBe('n2')
})

it('never rejects', async () => {
  const { collector } = phone([new Error('away')])
  collector.consent(true)
  expect(await collector.beacon()).toBe(false)
})
