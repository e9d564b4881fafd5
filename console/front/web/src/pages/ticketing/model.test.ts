import { describe, expect, it } from 'vitest'
import { axisOf, datesOf, effectsOf, hotStage, keepSamples, monthFrom, nameOf, parseRelease, perSecond, position, releasePath, stageState, weeksOf, withFrame, yuan, type Release, type Stage } from './model'

const stage = (given: Partial<Stage>): Stage => ({
  stage: 1, at: '2026-05-10T09:00:00Z', fired_at: null, paused: false, held: 0, left: 0, max_delay_seconds: 0, planned: 0, released: 0, returning: 0, returns_to: 1, sold: 0, ...given,
})
const t0 = Date.parse('2026-05-10T09:00:00Z')

describe('a stage', () => {
  it.each([
    ['planned', stage({}), t0 - 1],
    ['due', stage({}), t0],
    ['open', stage({ fired_at: '2026-05-10T09:00:00Z', left: 3 }), t0],
    ['open', stage({ fired_at: '2026-05-10T09:00:00Z', returning: 1 }), t0],
    ['sold_out', stage({ fired_at: '2026-05-10T09:00:00Z' }), t0],
    ['paused', stage({ fired_at: '2026-05-10T09:00:00Z', left: 3, paused: true }), t0],
    ['paused', stage({ paused: true }), t0 + 1],
  ] as const)('is %s', (want, given, now) => {
    expect(stageState(given, now)).toBe(want)
  })
  it('in a hurry is the one that fired last, else the next', () => {
    const [first, second, third] = [stage({ stage: 1, fired_at: 'x' }), stage({ stage: 2, fired_at: 'x' }), stage({ stage: 3 })]
    expect(hotStage([first, second, third])?.stage).toBe(2)
    expect(hotStage([third])?.stage).toBe(3)
    expect(hotStage([])).toBeUndefined()
  })
})

describe('the time axis', () => {
  it('holds now and every stage', () => {
    const { from, to } = axisOf([stage({}), stage({ at: '2026-05-10T11:00:00Z' })], t0 + 3_600_000)
    expect(from).toBeLessThan(t0)
    expect(to).toBeGreaterThan(t0 + 7_200_000)
    expect(position(t0, t0, t0 + 100)).toBe(0)
    expect(position(t0 + 50, t0, t0 + 100)).toBe(50)
    expect(position(t0 + 500, t0, t0 + 100)).toBe(100)
    expect(position(t0, t0, t0)).toBe(0)
  })
})

describe('places sold a second', () => {
  it('need two moments, and forget what is older than half a minute', () => {
    let samples = keepSamples([], { at: 0, sold: 0 })
    expect(perSecond(samples)).toBeUndefined()
    samples = keepSamples(samples, { at: 10_000, sold: 50 })
    expect(perSecond(samples)).toBe(5)
    expect(keepSamples(samples, { at: 10_000, sold: 50 })).toHaveLength(2)
    samples = keepSamples(samples, { at: 40_000, sold: 50 })
    expect(samples[0]?.at).toBe(10_000)
    expect(perSecond(samples)).toBe(0)
  })
})

describe('a preview', () => {
  it('says what moves, booked places first', () => {
    const release = (booked: number, left: number, withheld: number): Release => ({ pool: 'main', date: '2026-05-10', capacity: 100, booked, left, withheld, reserved: 0, stages: [], allotments: [] })
    expect(effectsOf(release(10, 20, 70), release(10, 50, 40))).toEqual([
      { figure: 'booked', before: 10, after: 10 }, { figure: 'left', before: 20, after: 50 }, { figure: 'withheld', before: 70, after: 40 },
    ])
  })
})

describe('a live frame', () => {
  const release: Release = { pool: 'main', date: '2026-05-10', capacity: 100, booked: 1, left: 2, withheld: 97, reserved: 0, stages: [stage({ percent: 40, left: 2 })], allotments: [] }
  const live = { stage: 1, at: '2026-05-10T09:00:00Z', fired_at: '2026-05-10T09:00:00Z', held: 5, left: 9, paused: false, planned: 0, released: 40, returning: 0, sold: 26 }
  const frame = { at: '2026-05-10T09:00:01Z', as_of: '2026-05-10T09:00:01Z', pool: 'main', date: '2026-05-10', capacity: 100, booked: 31, left: 9, withheld: 60, reserved: 0, stages: [live] }
  it('brings the figures up to date and keeps what only the release says', () => {
    expect(withFrame(release, frame)).toMatchObject({ booked: 31, left: 9, stages: [{ stage: 1, sold: 26, percent: 40 }] })
  })
  it('changes nothing where it knows nothing, or of other stages', () => {
    expect(withFrame(release, undefined)).toBe(release)
    expect(withFrame(release, { ...frame, fault: 'unavailable' })).toBe(release)
    expect(withFrame(release, { ...frame, stages: [] })).toBe(release)
  })
})

describe('names and days', () => {
  it('release ids are pools and days, and nothing else', () => {
    expect(parseRelease('main@2026-05-10')).toEqual({ pool: 'main', date: '2026-05-10' })
    for (const bad of ['', 'main', 'main@2026-13-90', '../x@2026-05-10', 'a b@2026-05-10', 'main@2026-05-10x']) expect(parseRelease(bad)).toBeUndefined()
    expect(releasePath('main', '2026-05-10')).toBe('/ticketing/releases/main%402026-05-10/live')
  })
  it('months are weeks from Monday', () => {
    const weeks = weeksOf('2026-05')
    expect(weeks[0]).toEqual([undefined, undefined, undefined, undefined, '2026-05-01', '2026-05-02', '2026-05-03'])
    expect(weeks.flat().filter(Boolean)).toHaveLength(31)
    expect(weeks.at(-1)).toHaveLength(7)
    expect([monthFrom('2026-12', 1), monthFrom('2026-01', -1)]).toEqual(['2027-01', '2025-12'])
  })
  it('the rest', () => {
    expect(datesOf('2026-05-01、2026-05-02 x 5月3日')).toEqual(['2026-05-01', '2026-05-02'])
    expect([nameOf('天文馆', 'Planetarium', 'en'), nameOf('天文馆', '', 'en'), nameOf('天文馆', 'Planetarium', 'zh')]).toEqual(['Planetarium', '天文馆', '天文馆'])
    expect(yuan(6050)).toBe('¥60.50')
  })
})
