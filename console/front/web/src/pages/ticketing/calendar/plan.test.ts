import { describe, expect, it } from 'vitest'
import { planOf, slotsOf } from './plan'

describe('a month’s plan', () => {
  it('has one capacity, or slots', () => {
    expect(planOf({ weekdays: ['tue', 'sun'], capacity: 200, slots: '', closed: '2026-05-04, 2026-05-05' }, '2026-05'))
      .toEqual({ month: '2026-05', weekdays: ['tue', 'sun'], open: { capacity: 200 }, closed: ['2026-05-04', '2026-05-05'] })
    expect(planOf({ weekdays: ['tue'], capacity: 200, slots: '9:00-12:00 100\n13:00 – 17:00 150', closed: '' }, '2026-05').open)
      .toEqual({ slots: [{ start: '09:00', end: '12:00', capacity: 100 }, { start: '13:00', end: '17:00', capacity: 150 }] })
  })
  it('takes no line that is no slot', () => {
    expect(slotsOf('9:00-12:00')).toBeUndefined()
    expect(slotsOf('morning 100')).toBeUndefined()
    expect(slotsOf('')).toEqual([])
  })
})
