import { describe, expect, it } from 'vitest'
import { lastDays } from './period'

const now = '2026-03-03T01:20:00Z' // 09:20 at the venue

describe('the period', () => {
  it('begins at the venue\'s midnight and ends with the hour', () => {
    expect(lastDays(1, now)).toEqual({ from: '2026-03-02T16:00:00.000Z', to: '2026-03-03T02:00:00.000Z' })
    expect(lastDays(7, now).from).toBe('2026-02-24T16:00:00.000Z')
  })
})
