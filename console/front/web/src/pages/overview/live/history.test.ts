import { describe, expect, it } from 'vitest'
import type { Frame } from '../../../api/live'
import { add, series, tens, type Point } from './history'

const frame = (second: number, allow: number): Frame<'overview'> =>
  ({ at: new Date(second * 1000).toISOString(), traffic: { verdicts_per_second: { allow, challenge: 0, flag: 0, block: 1 } } }) as Frame<'overview'>

const points = (...seconds: number[]): readonly Point[] => seconds.reduce<readonly Point[]>((all, s) => add(all, frame(s, s)), [])

describe('the history of the chart', () => {
  it('keeps ten minutes, each second once, and no frame without traffic', () => {
    expect(points(1, 2, 2, 1).map((p) => p.at)).toEqual([1000, 2000])
    expect(points(1, 2, 601, 602).map((p) => p.at)).toEqual([601_000, 602_000].toSpliced(0, 0, 2000).slice(1))
    expect(add([], { at: new Date().toISOString() } as Frame<'overview'>)).toEqual([])
  })
  it('has a hole where seconds are missing', () => {
    expect(series(points(1, 2, 9), 'allow')).toEqual([[1000, 1], [2000, 2], [3000, null], [9000, 9]])
  })
  it('is a table of means, the newest first', () => {
    expect(tens(points(10, 12, 21)).map((row) => [row.at, row.perSecond.allow, row.perSecond.block])).toEqual([[20_000, 21, 1], [10_000, 11, 1]])
  })
})
