import { describe, expect, it } from 'vitest'
import type { Rule } from '../model'
import { blocking, mayApprove, spanText, weakenings } from '../model'
import { choices, filterShape, matches, type Filters } from './filters'

const rule = (over: Partial<Rule>): Rule => ({
  id: 'polling_fast', action: 'challenge', mode: 'live', messages: { en: 'too many reads' }, on: 'account', score: 40, stage: 'inline', ttl_seconds: 0, when: 'a > 1',
  scenarios: ['S1'], tags: ['rates'], features: ['account_reads_1m'], owner: 'risk', ...over,
})
const none: Filters = { state: undefined, action: undefined, tag: '', feature: '', owner: '', q: '' }

describe('the list of rules', () => {
  it.each([
    [none, true], [{ ...none, state: 'live' }, true], [{ ...none, state: 'shadow' }, false], [{ ...none, action: 'block' }, false],
    [{ ...none, tag: 'S1' }, true], [{ ...none, tag: 'rates' }, true], [{ ...none, tag: 'S2' }, false], [{ ...none, feature: 'account_reads_1m' }, true],
    [{ ...none, owner: 'ana' }, false], [{ ...none, q: 'READS' }, true], [{ ...none, q: 'polling' }, true], [{ ...none, q: 'refund' }, false],
  ] satisfies [Filters, boolean][])('is narrowed down by %o', (filters, shown) => expect(matches(rule({}), filters)).toBe(shown))
  it('takes only known states from the address', () => {
    expect(filterShape.state.read('shadow')).toBe('shadow')
    expect(filterShape.state.read('<script>')).toBeUndefined()
    expect(filterShape.q.read('x'.repeat(500))).toHaveLength(100)
  })
  it('offers what some rule has, numbers in their order', () => {
    expect(choices([rule({ scenarios: ['S10', 'S2'] }), rule({ scenarios: ['S2'] })], (r) => r.scenarios ?? [])).toEqual(['S2', 'S10'])
  })
})

describe('what one person may do', () => {
  it('weakens step by step', () => {
    expect(weakenings(rule({ action: 'block' }))).toEqual([{ action: 'challenge' }, { action: 'flag' }, { mode: 'shadow' }])
    expect(weakenings(rule({ action: 'flag' }))).toEqual([{ mode: 'shadow' }])
    expect(weakenings(rule({ mode: 'shadow' }))).toEqual([{ mode: 'retired' }])
    expect(weakenings(rule({ mode: 'retired' }))).toEqual([])
  })
  it('lets neither author nor editor approve', () => {
    const v = { author: 'ana', editors: ['sec'], state: 'proposed' }
    expect(mayApprove('administrator', 'dora', v)).toBe(true)
    expect(mayApprove('administrator', 'ana', v)).toBe(false)
    expect(mayApprove('security', 'sec', v)).toBe(false)
    expect(mayApprove('analyst', 'ann', v)).toBe(false)
    expect(mayApprove('administrator', 'dora', { ...v, state: 'draft' })).toBe(false)
  })
  it('submits nothing over budget', () => {
    const budget = { kind: 'budget', overridable: true, bars_proposal: true, text: 'over' }
    const lint = { kind: 'lint', overridable: true, text: 'odd' }
    expect(blocking([budget, lint])).toEqual([budget])
    expect(blocking([{ ...lint, overridable: false }])).toHaveLength(1)
  })
})

it('writes spans as rulesets do', () => {
  expect([1, 60, 90, 600, 3600, 86_400, 2_592_000].map(spanText)).toEqual(['1s', '1m', '90s', '10m', '1h', '24h', '30d'])
})
