import { render, screen } from '@testing-library/react'
import { beforeAll, describe, expect, it } from 'vitest'
import { startWords } from '../i18n'
import { csvField, csvLine } from './csv'
import { percent, Rate, wilson } from './rate'
import { exportTime, momentAtVenue, timeText } from './time'
import { VerdictTag } from './verdict'
import { pieces, VisitorText } from './visitor-text'

beforeAll(() => startWords('zh'))

describe('CSV', () => {
  it.each([
    ['plain', 'plain'],
    ['=cmd|calc', "'=cmd|calc"],
    ['+1', "'+1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['-2', "'-2"],
    [' =1+1', "' =1+1"],
    ['\t=1', "'\t=1"],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\nlines', '"two\nlines"'],
    [-2, '-2'],
    [null, ''],
    [true, 'true'],
  ] as const)('%j is written %j', (value, want) => {
    expect(csvField(value)).toBe(want)
  })
  it('ends lines as RFC 4180 says', () => {
    expect(csvLine(['a', 1, undefined])).toBe('a,1,\r\n')
  })
})

describe('rates', () => {
  it('have the interval of Wilson', () => {
    const [low, high] = wilson(10, 100) // 0.0552, 0.1744: Newcombe 1998, method 3
    expect(low).toBeCloseTo(0.0552, 3)
    expect(high).toBeCloseTo(0.1744, 3)
    expect(wilson(0, 0)).toEqual([0, 0])
    expect(wilson(0, 50)[0]).toBe(0)
    expect(wilson(50, 50)[1]).toBeCloseTo(1, 12)
  })
  it('of small shares show more digits', () => {
    expect([0, 0.00042, 0.0123, 0.5].map(percent)).toEqual(['0.0 %', '0.042 %', '1.23 %', '50.0 %'])
  })
  it('of fewer than 30 say so and keep the counts', () => {
    render(<Rate n={1} of={29} />)
    expect(screen.getByText('样本不足')).toBeTruthy()
    expect(screen.getByText('1/29')).toBeTruthy()
    expect(screen.queryByText(/%/)).toBeNull()
  })
  it('show the interval that the server gave', () => {
    render(<Rate n={3} of={1000} low={0.001} high={0.009} />)
    expect(screen.getByText('0.300 %')).toBeTruthy()
    expect(screen.getByTitle('95 % 置信区间').textContent).toBe('0.100 %–0.900 %')
  })
})

describe('times', () => {
  it('are the venue’s, and say so where the viewer’s differ', () => {
    expect(timeText('2026-11-22T01:30:00Z')).toMatch(/^2026-11-22 09:30:00/)
    expect(timeText('2026-11-22T01:30:00Z').endsWith('UTC+08:00')).toBe(new Date(0).getTimezoneOffset() !== -480)
    expect(timeText('2026-11-21T23:30:00Z', 'day')).toBe('2026-11-22')
  })
  it('are exported with the offset, and read back', () => {
    expect(exportTime('2026-11-22T01:30:00Z')).toBe('2026-11-22T09:30:00.000+08:00')
    expect(momentAtVenue('2026-11-22 09:30').toISOString()).toBe('2026-11-22T01:30:00.000Z')
  })
})

describe('a verdict', () => {
  it('is an icon, a word and a colour', () => {
    const { container } = render(<VerdictTag verdict="block" />)
    expect(container.textContent).toBe('⊘ 拦截')
    expect(container.querySelector('.verdict-block')).not.toBeNull()
  })
  it('that is unknown is shown as it came', () => {
    const { container } = render(<VerdictTag verdict="<b>" />)
    expect(container.textContent).toBe('<b>')
  })
})

describe('a visitor’s text', () => {
  it('is text, and hides nothing', () => {
    const { container } = render(<VisitorText>{'<script>x</script>\u202Egnp.exe\u0000'}</VisitorText>)
    expect(container.querySelector('script')).toBeNull()
    expect(container.textContent).toBe('<script>x</script>U+202Egnp.exeU+0000')
  })
  it('keeps ordinary writing whole', () => {
    expect(pieces('张伟\nŻółć 👍')).toEqual([{ text: '张伟\nŻółć 👍', marked: false }])
  })
  it('is cut', () => {
    const { container } = render(<VisitorText max={3}>abcdef</VisitorText>)
    expect(container.textContent).toBe('abc…')
  })
})
