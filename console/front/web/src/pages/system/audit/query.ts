import dayjs from 'dayjs'
import { momentAtVenue } from '../../../ui'

/** What is looked for, as the address holds it: days are the venue's, `2026-11-22`, and both are included. */
export interface Wanted {
  actor: string
  action: string
  object: string
  from: string
  to: string
}

const isDay = /^\d{4}-\d{2}-\d{2}$/

/** The query for it; what is empty or no day is left out. */
export function auditQuery(wanted: Wanted): Record<string, string> {
  const query: Record<string, string> = {}
  for (const name of ['actor', 'action', 'object'] as const) if (wanted[name]) query[name] = wanted[name]
  if (isDay.test(wanted.from)) query['from'] = momentAtVenue(wanted.from).toISOString()
  if (isDay.test(wanted.to)) query['to'] = momentAtVenue(dayjs(wanted.to).add(1, 'day').format('YYYY-MM-DD')).toISOString()
  return query
}
