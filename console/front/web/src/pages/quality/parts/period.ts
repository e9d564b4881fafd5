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
