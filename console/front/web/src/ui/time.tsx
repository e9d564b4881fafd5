import dayjs, { type Dayjs } from 'dayjs'
import timezone from 'dayjs/plugin/timezone'
import utc from 'dayjs/plugin/utc'

dayjs.extend(utc)
dayjs.extend(timezone)

/** The venue's zone: all moments are shown in it, wherever the operator sits. */
export const venueZone = 'Asia/Shanghai'

export type Moment = string | number | Date

export const atVenue = (moment: Moment): Dayjs => dayjs(moment).tz(venueZone)

/** What the zone is called beside a time: 'UTC+08:00'. */
export const zoneName = (moment: Moment = Date.now()): string => `UTC${atVenue(moment).format('Z')}`

/** Whether the viewer's own clock shows another time than the venue's. */
export const elsewhere = (moment: Moment): boolean => dayjs(moment).utcOffset() !== atVenue(moment).utcOffset()

const formats = { second: 'YYYY-MM-DD HH:mm:ss', minute: 'YYYY-MM-DD HH:mm', day: 'YYYY-MM-DD', clock: 'HH:mm:ss' } as const

/** A moment as text: 24 hours, venue's zone. */
export function timeText(moment: Moment, to: keyof typeof formats = 'second'): string {
  const shown = atVenue(moment).format(formats[to])
  return to !== 'day' && elsewhere(moment) ? `${shown} ${zoneName(moment)}` : shown
}

/** A moment as exports write it: ISO 8601 with the venue's offset. */
export const exportTime = (moment: Moment): string => atVenue(moment).format('YYYY-MM-DDTHH:mm:ss.SSSZ')

/** The moment that a form's wall clock means at the venue. */
export const momentAtVenue = (wallClock: string): Date => dayjs.tz(wallClock, venueZone).toDate()

/** A moment, or a dash where there is none. */
export function Time({ value, to = 'second' }: { value: Moment | null | undefined; to?: keyof typeof formats }) {
  if (value === null || value === undefined || value === '' || (typeof value === 'string' && value.startsWith('0001-01-01'))) return <span>—</span>
  return (
    <time className="figure" dateTime={dayjs(value).toISOString()}>
      {atVenue(value).format(formats[to])}
      {to !== 'day' && elsewhere(value) ? <span className="zone"> {zoneName(value)}</span> : null}
    </time>
  )
}
