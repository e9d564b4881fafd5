// Days and what is left of them. Dates are YYYY-MM-DD strings at the venue,
// which keeps no summer time, so that no time zone of a phone can move a day.

import type { Day, Pool, Slot } from './api/types'

const venueOffset = 8 * 3600_000
const dayLength = 24 * 3600_000

/** The day at the venue at a moment. */
export const dateAt = (ms: number): string => new Date(ms + venueOffset).toISOString().slice(0, 10)

/** The moment when a day, or a time of it, begins at the venue. */
export function momentOf(date: string, clock = '00:00'): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return Date.parse(`${date}T00:00:00Z`) - venueOffset + (hours * 60 + minutes) * 60_000
}

export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * dayLength).toISOString().slice(0, 10)

export const monthOf = (date: string): string => date.slice(0, 7)

export function addMonths(month: string, months: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7)
}

/** Monday is 0. */
export const weekday = (date: string): number => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7

/** The weeks of a month from Monday on; undefined where a week has days of another month. */
export function weeksOf(month: string): (string | undefined)[][] {
  const first = `${month}-01`
  const cells: (string | undefined)[] = Array.from({ length: weekday(first) })
  for (let date = first; monthOf(date) === month; date = addDays(date, 1)) cells.push(date)
  while (cells.length % 7 > 0) cells.push(undefined)
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7))
}

/** What a visitor can do with a day or a slot. */
export type Standing = 'open' | 'few' | 'full' | 'closed' | 'soon' | 'over'

/** From here on places are called few: a tenth of the capacity, at least five. */
const few = (left: number, capacity: number): boolean => left <= Math.max(5, Math.floor(capacity / 10))

/** When booking of a day opens, or undefined where it is open. */
export function opensAt(pool: Pool, date: string, at: number): number | undefined {
  const opens = pool.opens_at ? Date.parse(pool.opens_at) : 0
  const ahead = pool.rules?.days_ahead
  const day = ahead ? momentOf(addDays(date, -ahead), pool.rules?.daily_opening) : 0
  const first = Math.max(opens, day)
  return first > at ? first : undefined
}

function standing(pool: Pool, date: string, places: { capacity: number; left: number }, begins: number, ends: number, at: number): Standing {
  if (places.capacity === 0) return 'closed'
  const notice = (pool.rules?.notice_seconds ?? 0) * 1000
  if (at >= ends || (notice > 0 && at >= begins - notice)) return 'over'
  if (opensAt(pool, date, at) !== undefined) return 'soon'
  if (places.left <= 0) return 'full'
  return few(places.left, places.capacity) ? 'few' : 'open'
}

export const slotStanding = (pool: Pool, date: string, slot: Slot, at: number): Standing =>
  standing(pool, date, slot, momentOf(date, slot.start), momentOf(date, slot.end), at)

/** How a day stands, and how many places can still be had on it. */
export function dayStanding(pool: Pool, day: Day | undefined, at: number): { standing: Standing; left: number } {
  if (!day) return { standing: 'closed', left: 0 }
  if (!day.slots?.length) {
    const begins = momentOf(day.date)
    return { standing: standing(pool, day.date, day, begins, begins + dayLength, at), left: day.left }
  }
  const slots = day.slots.map((slot) => ({ slot, standing: slotStanding(pool, day.date, slot, at) }))
  const running = slots.filter((s) => s.standing !== 'over' && s.standing !== 'closed')
  const left = running.reduce((sum, s) => sum + s.slot.left, 0)
  if (running.length === 0) return { standing: slots.some((s) => s.standing === 'over') ? 'over' : 'closed', left: 0 }
  const capacity = running.reduce((sum, s) => sum + s.slot.capacity, 0)
  return { standing: standing(pool, day.date, { capacity, left }, Infinity, Infinity, at), left }
}

export const bookable = (s: Standing): boolean => s === 'open' || s === 'few'
