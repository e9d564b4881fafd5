import { describe, expect, it } from 'vitest'
import { aloneOf, coverage, isOver, isStale, matrix, periodOf, yesterday } from './backtest'
import type { Backtest } from './model'

type Comparison = NonNullable<Backtest['result']>
const by = (all: number, human: number, scalper: number, unlabelled: number) => ({ all, human, scalper, unknown: 0, unlabelled })
const rate = { numerator: 1, denominator: 200, value: 0.005, low: 0, high: 0.03, enough: true }
const counts = (n: number, h: number, s: number) => ({
  mode: 'live', action: 'block', events: n, shadow_events: 0,
  accounts: { number: n, estimated: false }, humans: { number: h, estimated: false }, scalpers: { number: s, estimated: false }, shadow_accounts: { number: 0, estimated: false },
})
const result = {
  newly_blocked: by(10, 1, 6, 3), newly_challenged: by(4, 0, 2, 2), freed: by(0, 0, 0, 0), unchallenged: by(0, 0, 0, 0), newly_harmed_human_rate: rate,
  rules: [{ rule: 'fast', new: counts(12, 1, 8), against: counts(2, 0, 2) }, { rule: 'gone', against: counts(1, 0, 1) }],
} as unknown as Comparison

describe('a backtest', () => {
  it('is out of date once the text says something else', () => {
    expect(isStale({ version: 'abc' }, 'abc')).toBe(false)
    expect(isStale({ version: 'abc' }, 'abd')).toBe(true)
    expect(isStale({ version: 'abc' }, undefined)).toBe(true)
  })
  it('has people by those that tried', () => {
    const cells = matrix(result)
    expect(cells).toHaveLength(16)
    expect(cells.find((c) => c.label === 'human' && c.outcome === 'newly_blocked')).toEqual({ label: 'human', outcome: 'newly_blocked', n: 1, of: 200 })
    expect(cells.find((c) => c.label === 'scalper' && c.outcome === 'newly_blocked')).toMatchObject({ n: 6, of: 10 })
  })
  it('says what one rule adds', () => {
    expect(aloneOf(result, 'fast')).toMatchObject({ accounts: 12, added: 10, addedHumans: 1, addedScalpers: 6 })
    expect(aloneOf(result, 'gone')).toBeUndefined()
  })
  it('says how many are labelled', () => expect(coverage(result)).toEqual({ n: 9, of: 14 }))
  it('knows its days at the venue', () => {
    const now = Date.parse('2026-11-22T15:59:00Z') // 23:59 at the venue
    expect(yesterday(now)).toEqual({ from: '2026-11-20T16:00:00.000Z', to: '2026-11-21T16:00:00.000Z' })
    expect(periodOf('today', now).from).toBe('2026-11-21T16:00:00.000Z')
    expect(periodOf('week', now).from).toBe('2026-11-14T16:00:00.000Z')
  })
  it('is over or not', () => expect((['waiting', 'running', 'done', 'interrupted'] as const).map(isOver)).toEqual([false, false, true, true]))
})
