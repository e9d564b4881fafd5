import { atVenue, type Moment } from '../../../ui/time'

export interface Period {
  from: string
  to: string
}

export const ranges = [1, 7, 30] as const

/** The last so many days at the venue, today included; they end with the current hour so that a page asks the same twice. */
export function lastDays(days: number, now: Moment): Period {
  const end = atVenue(now).add(1, 'hour').startOf('hour')
  return { from: atVenue(now).startOf('day').subtract(days - 1, 'day').toISOString(), to: end.toISOString() }
}

/** The period cut into at most `most` stretches of whole days at the venue. */
export function stretches({ from, to }: Period, most: number): Period[] {
  const days = Math.max(1, Math.ceil(atVenue(to).diff(atVenue(from), 'day', true)))
  const step = Math.ceil(days / most)
  const out: Period[] = []
  for (let at = atVenue(from); at.isBefore(to); at = at.add(step, 'day')) {
    const end = at.add(step, 'day')
    out.push({ from: at.toISOString(), to: (end.isBefore(to) ? end : atVenue(to)).toISOString() })
  }
  return out
}
