import { describe, expect, it } from 'vitest'
import type { Day, Pool } from '../src/api/types'
import { addDays, addMonths, dateAt, dayStanding, momentOf, slotStanding, toCome, weekday, weeksOf } from '../src/calendar'

const pool: Pool = { pool: 'p', name: 'P', price_fen: 0, limit_per_order: 5, hold_seconds: 600, opens_at: null }
const noon = Date.parse('2026-11-22T12:00:00+08:00')
const day = (more: Partial<Day> = {}): Day => ({ date: '2026-11-24', capacity: 100, left: 100, ...more })

describe('dates at the venue', () => {
  it('follow the venue, whatever the phone thinks', () => {
    expect(dateAt(Date.parse('2026-11-21T15:59:59Z'))).toBe('2026-11-21')
    expect(dateAt(Date.parse('2026-11-21T16:00:00Z'))).toBe('2026-11-22')
    expect(momentOf('2026-11-22', '09:30')).toBe(Date.parse('2026-11-22T09:30:00+08:00'))
    expect(momentOf('2026-11-22', '24:00')).toBe(Date.parse('2026-11-23T00:00:00+08:00'))
  })
  it('count over months, years and leap days', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29')
    expect(addMonths('2026-01', -1)).toBe('2025-12')
    expect(addMonths('2026-12', 1)).toBe('2027-01')
    expect(weekday('2026-11-22')).toBe(6)
    expect(weekday('2026-11-23')).toBe(0)
  })
  it.each([
    ['2026-11', 6, '2026-11-01', 30],
    ['2027-02', 4, '2027-02-01', 28],
    ['2028-02', 5, '2028-02-01', 29],
  ])('lay out %s in %i weeks from Monday', (month, weeks, first, days) => {
    const laid = weeksOf(month)
    expect(laid).toHaveLength(weeks)
    expect(laid.every((week) => week.length === 7)).toBe(true)
    expect(laid.flat().filter(Boolean)).toHaveLength(days)
    expect(laid[0]?.[weekday(first)]).toBe(first)
  })
})

describe('how a day stands', () => {
  it.each([
    ['many left', day(), 'open'],
    ['few left', day({ left: 10 }), 'few'],
    ['one more than few', day({ left: 11 }), 'open'],
    ['five of a small day', day({ capacity: 8, left: 5 }), 'few'],
    ['none left', day({ left: 0 }), 'full'],
    ['more booked than there is now', day({ left: -3 }), 'full'],
    ['no capacity', day({ capacity: 0, left: 0 }), 'closed'],
    ['not offered', undefined, 'closed'],
    ['opens later', day({ opens_at: '2026-11-22T04:00:01Z' }), 'soon'],
    ['opened this moment', day({ opens_at: '2026-11-22T04:00:00Z' }), 'open'],
    ['yesterday', day({ date: '2026-11-21' }), 'over'],
    ['today without slots', day({ date: '2026-11-22' }), 'open'],
  ])('%s', (_, given, want) => {
    expect(dayStanding(pool, given, noon).standing).toBe(want)
  })
  it('follows the pool where the day has no moment of its own', () => {
    expect(dayStanding({ ...pool, opens_at: '2026-11-23T00:00:00Z' }, day(), noon).standing).toBe('soon')
  })
  it('ends with the notice that the pool wants', () => {
    const strict = { ...pool, rules: { notice_seconds: 2 * 3600 } }
    const slot = { start: '13:30', end: '15:00', capacity: 10, left: 10 }
    expect(slotStanding(strict, day({ date: '2026-11-22' }), slot, noon)).toBe('over')
    expect(slotStanding(strict, day({ date: '2026-11-22' }), { ...slot, start: '14:01' }, noon)).toBe('open')
    expect(slotStanding(pool, day({ date: '2026-11-22' }), slot, noon)).toBe('open')
  })
  it('counts only slots that can still be had', () => {
    const slots = [
      { start: '09:00', end: '11:00', capacity: 50, left: 50 },
      { start: '13:00', end: '15:00', capacity: 50, left: 2 },
      { start: '15:00', end: '17:00', capacity: 0, left: 0 },
    ]
    expect(dayStanding(pool, day({ date: '2026-11-22', slots }), noon)).toEqual({ standing: 'few', left: 2 })
    const evening = Date.parse('2026-11-22T18:00:00+08:00')
    expect(dayStanding(pool, day({ date: '2026-11-22', slots }), evening)).toEqual({ standing: 'over', left: 0 })
    expect(dayStanding(pool, day({ slots: slots.map((s) => ({ ...s, left: 0 })) }), noon)).toEqual({ standing: 'full', left: 0 })
  })
  it('knows what is still to come', () => {
    expect(toCome('2026-11-22T04:00:01Z', noon)).toBe(noon + 1000)
    for (const past of ['2026-11-22T04:00:00Z', '', 'never', null, undefined]) expect(toCome(past, noon)).toBeUndefined()
  })
})
