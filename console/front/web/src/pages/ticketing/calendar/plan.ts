import type { Schema } from '../../../api/client'
import { datesOf } from '../model'

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof weekdays)[number]

export interface PlanForm {
  weekdays: Weekday[]
  capacity: number
  /** Slots as lines of 09:00-12:00 200; empty: the day has none. */
  slots: string
  closed: string
}

/** Slots written one a line; undefined where a line is none. */
export function slotsOf(text: string): Schema<'TicketingSlotBody'>[] | undefined {
  const lines = text.split('\n').map((l) => l.trim()).filter(Boolean)
  const slots = lines.map((line) => /^(\d{1,2}:\d{2})\s*[-–—~~至]\s*(\d{1,2}:\d{2})\s+(\d{1,7})$/.exec(line))
  if (slots.some((m) => m === null)) return undefined
  return slots.map((m) => ({ start: (m?.[1] ?? '').padStart(5, '0'), end: (m?.[2] ?? '').padStart(5, '0'), capacity: Number(m?.[3]) }))
}

/** The request's body. */
export function planOf(form: PlanForm, month: string): Schema<'TicketingPlanBody'> {
  const slots = slotsOf(form.slots) ?? []
  const closed = datesOf(form.closed)
  return { month, weekdays: form.weekdays, open: slots.length > 0 ? { slots } : { capacity: form.capacity }, ...(closed.length > 0 ? { closed } : {}) }
}
