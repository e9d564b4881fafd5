import { describe, expect, it } from 'vitest'
import type { Moment } from '../model'
import { foldRuns, seconds } from './fold'

const at = (second: number, kind = 'stock.read', more: Partial<Moment> = {}): Moment => ({
  id: `${kind}${second}`, source: 'request', kind, time: new Date(Date.UTC(2026, 2, 3, 1, 0, 0) + second * 1000).toISOString(), ...more,
})

describe('folding', () => {
  it('makes one of what is repeated, with the time between', () => {
    const runs = foldRuns([at(100, 'order.submit'), at(4), at(3), at(2), at(1), at(0, 'page.read')])
    expect(runs.map((r) => r.moments.length)).toEqual([1, 4, 1])
    expect(runs[1]?.gap).toEqual({ mean: 1, spread: 0 })
  })
  it('tells how far the gaps differ', () => {
    const [run] = foldRuns([at(6), at(3), at(2)])
    expect(run?.gap?.mean).toBe(2)
    expect(run?.gap?.spread).toBe(1)
  })
  it('leaves two, and what differs in verdict or rule, alone', () => {
    expect(foldRuns([at(2), at(1)])).toHaveLength(2)
    expect(foldRuns([at(3), at(2, 'stock.read', { action: 'block' }), at(1)])).toHaveLength(3)
    expect(foldRuns([at(4, 'block', { source: 'action', rules: ['a'] }), at(3, 'block', { source: 'action', rules: ['b'] }), at(2, 'block', { source: 'action', rules: ['b'] })])).toHaveLength(3)
    expect(foldRuns([])).toEqual([])
  })
  it.each([[0.021, '0.02'], [1, '1.00'], [12.34, '12.3'], [340.4, '340']])('%d s reads %s', (s, want) => expect(seconds(s)).toBe(want))
})
