import { describe, expect, it } from 'vitest'
import { choicesOf, outside, percentile, thresholds } from './completion'

const row = (of: string, p50: number, p99: number, enough = true) => ({ of, accounts: 500, enough, high: [{ level: 50, value: p50 }, { level: 99, value: p99 }], low: [] })
const words = { unit: (a: string) => `[${a}]`, per: (e: string) => `per ${e}`, people: (a: string, b: string) => `p50 ${a}, p99 ${b}`, few: 'few', about: (f: { description?: string }) => f.description ?? '' }
const feature = { name: 'account_reads_1m', description: 'Reads.', description_zh: '读取次数', entity: 'account', aggregate: 'count', window_seconds: 60, stage: 'inline', kept: true }

describe('completion', () => {
  it('tells unit, entity, window and how people are', () => {
    const [first, second, third] = choicesOf([feature], [{ name: 'hour', type: 'number', description: 'Hour.' }], [row('account_reads_1m', 3, 48)], words)
    expect(first).toEqual({ label: 'account_reads_1m', kind: 'feature', detail: '[count] · per account · 1m', info: 'Reads.\np50 3, p99 48' })
    expect(second).toEqual({ label: 'hour', kind: 'field', detail: 'number', info: 'Hour.' })
    expect(third?.label).toBe('known')
  })
  it('says where too little is known of people', () => {
    expect(choicesOf([feature], [], [row('account_reads_1m', 3, 48, false)], words)[0]?.info).toBe('Reads.\nfew')
    expect(percentile(undefined, 99)).toBeUndefined()
  })
})

describe('thresholds', () => {
  it('are found beside their names', () => {
    expect(thresholds('known(a_1m) and a_1m >= 12 or (b > 0.5 and c < 3)')).toEqual([{ name: 'a_1m', value: 12 }, { name: 'b', value: 0.5 }])
  })
  it('are pointed at where people never come near', () => {
    expect(outside('a > 500 and b > 40', [row('a', 3, 48), row('b', 1, 20)])).toEqual([{ name: 'a', value: 500, p99: 48 }])
  })
})
