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

/** A moment still to come, in milliseconds; undefined for one that is past or never was. */
export function toCome(moment: string | null | undefined, at: number): number | undefined {
  const ms = moment ? Date.parse(moment) : NaN
  return ms > at ? ms : undefined
}

interface Part {
  capacity: number
  left: number
  begins: number
  ends: number
}

function standing(pool: Pool, day: Day, part: Part, at: number): Standing {
  if (part.capacity === 0) return 'closed'
  const notice = (pool.rules?.notice_seconds ?? 0) * 1000
  if (at >= part.ends || (notice > 0 && at >= part.begins - notice)) return 'over'
  if (toCome(day.opens_at ?? pool.opens_at, at) !== undefined) return 'soon'
  if (part.left <= 0) return 'full'
  return few(part.left, part.capacity) ? 'few' : 'open'
}

export const slotStanding = (pool: Pool, day: Day, slot: Slot, at: number): Standing =>
  standing(pool, day, { ...slot, begins: momentOf(day.date, slot.start), ends: momentOf(day.date, slot.end) }, at)

/** How a day stands, and how many places can still be had on it. */
export function dayStanding(pool: Pool, day: Day | undefined, at: number): { standing: Standing; left: number } {
  if (!day) return { standing: 'closed', left: 0 }
  if (!day.slots?.length) {
    const begins = momentOf(day.date)
    return { standing: standing(pool, day, { ...day, begins, ends: begins + dayLength }, at), left: day.left }
  }
  const each = day.slots.map((slot) => ({ slot, standing: slotStanding(pool, day, slot, at) }))
  const running = each.filter((s) => s.standing !== 'over' && s.standing !== 'closed')
  if (running.length === 0) return { standing: each.some((s) => s.standing === 'over') ? 'over' : 'closed', left: 0 }
  const left = running.reduce((sum, s) => sum + s.slot.left, 0)
  const capacity = running.reduce((sum, s) => sum + s.slot.capacity, 0)
  return { standing: standing(pool, day, { capacity, left, begins: Infinity, ends: Infinity }, at), left }
}

export const bookable = (s: Standing): boolean => s === 'open' || s === 'few'
