import { describe, expect, it } from 'vitest'
import { corrected, lineRange, marksOf, unitOf } from './marks'

const fault = (over: object) => ({ from: 0, to: 6, detail: 'acount is unknown', part: 'when' as const, suggestion: 'account', ...over })

describe('places of faults', () => {
  it('count characters, not UTF-16 units', () => {
    expect(unitOf('a😀b', 2)).toBe(3)
    const text = 'path == "😀" and acount'
    expect(marksOf([fault({ from: 16, to: 22 })], 'when', text)).toEqual([{ from: 17, to: 23, text: 'acount is unknown', severity: 'error' }])
  })
  it('are lines in a declaration', () => {
    expect(lineRange('id: a\non: b\n', 2)).toEqual({ from: 6, to: 11 })
    expect(lineRange('id: a', 9)).toEqual({ from: 0, to: 5 })
    expect(marksOf([fault({ part: 'declaration', line: 2 })], 'declaration', 'id: a\non: b')).toHaveLength(1)
    expect(marksOf([fault({})], 'declaration', 'id: a')).toEqual([])
  })
  it('take what was meant', () => {
    expect(corrected('acount == "a"', fault({}))).toBe('account == "a"')
    expect(corrected('acount', fault({ suggestion: undefined }))).toBe('acount')
  })
})
