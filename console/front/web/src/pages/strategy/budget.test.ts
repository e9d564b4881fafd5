import { describe, expect, it } from 'vitest'
import { standing } from './budget'

const hour = '2026-11-22T01:00:00Z'
const at = (minutes: number) => Date.parse(hour) + minutes * 60_000

describe('a block budget', () => {
  it('says what is used, and projects the hour', () => {
    expect(standing({ used: 41, allowed: 50, hour }, at(30))).toEqual({ percent: 82, used: 41, allowed: 50, projected: 82, level: 'near' })
    expect(standing({ used: 1, allowed: 50, hour }, at(30)).level).toBe('calm')
    expect(standing({ used: 51, allowed: 50, hour }, at(30)).level).toBe('over')
  })
  it('projects nothing from the first minutes', () => expect(standing({ used: 2, allowed: 50, hour }, at(2)).projected).toBeUndefined())
  it('is near where the pace goes beyond it', () => expect(standing({ used: 10, allowed: 50, hour }, at(6)).level).toBe('near'))
  it('is tripped while it only challenges', () => {
    const down = { id: 'd', rule: 'r', content: '', ruleset: 'v', since: hour, hour, used: 4, allowed: 3, active: 9 }
    expect(standing({ used: 0, allowed: 3, hour, down }, at(10)).level).toBe('tripped')
  })
  it('does not divide by nothing', () => expect(standing({ used: 0, allowed: 0, hour }, at(10)).percent).toBe(0))
})
