import { expect, it, vi } from 'vitest'
import { Collector } from '../src/collector'

const address = '/.fairgate/collector/0123456789abcdef.js'

function setup(saved?: string) {
  const stored = new Map(saved ? [['fairgate.collector', saved]] : [])
  const storage = { getItem: (k: string) => stored.get(k) ?? null, setItem: (k: string, v: string) => void stored.set(k, v) } as unknown as Storage
  const load = vi.fn()
  const running = { start: vi.fn(), stop: vi.fn() }
  const collector = new Collector(storage, load, () => running)
  collector.changed = vi.fn()
  return { collector, load, running, stored }
}

it('asks first, and loads nothing before the visitor agreed', () => {
  const { collector, load, stored } = setup()
  expect(collector.asking).toBe(false)
  collector.announced(address)
  expect(collector.asking).toBe(true)
  expect(load).not.toHaveBeenCalled()
  collector.decide('given')
  expect(load).toHaveBeenCalledExactlyOnceWith(address)
  expect(stored.get('fairgate.collector')).toBe('given')
  collector.announced('/.fairgate/collector/fedcba9876543210.js')
  expect(load).toHaveBeenCalledTimes(1)
  expect(collector.asking).toBe(false)
})

it('loads nothing for who refused, and stops for who withdraws', () => {
  const { collector, load, running } = setup('refused')
  collector.announced(address)
  expect(collector.asking).toBe(false)
  expect(load).not.toHaveBeenCalled()
  collector.decide('given')
  collector.decide('refused')
  expect(running.stop).toHaveBeenCalledTimes(1)
  collector.decide('given')
  expect(running.start).toHaveBeenCalledTimes(1)
  expect(load).toHaveBeenCalledTimes(1)
})

it('loads from nowhere but the gateway’s own path', () => {
  for (const other of ['https://evil.test/x.js', '//evil.test/.fairgate/collector/0123456789abcdef.js', '/.fairgate/collector/../x.js', '/assets/x.js', '']) {
    const { collector, load } = setup('given')
    collector.announced(other)
    expect(collector.known).toBe(false)
    expect(load).not.toHaveBeenCalled()
  }
})

it('signs for who agreed, and keeps no booking waiting', async () => {
  const { collector, running } = setup('given')
  expect(await collector.sign('POST', '/p', '{}')).toBeUndefined()
  const sign = vi.fn(() => Promise.resolve<string | undefined>('r1.signed'))
  Object.assign(running, { sign })
  expect(await collector.sign('POST', '/p', '{}')).toBe('r1.signed')
  expect(sign).toHaveBeenCalledExactlyOnceWith('POST', '/p', '{}')
  sign.mockRejectedValueOnce(new Error('no key'))
  expect(await collector.sign('POST', '/p', '{}')).toBeUndefined()
  sign.mockReturnValueOnce(new Promise(() => undefined))
  expect(await collector.sign('POST', '/p', '{}')).toBeUndefined()
  collector.decide('refused')
  sign.mockClear()
  expect(await collector.sign('POST', '/p', '{}')).toBeUndefined()
  expect(sign).not.toHaveBeenCalled()
})
