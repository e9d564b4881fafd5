import { useEffect, useState } from 'react'
import { useWords } from '../../../i18n'
import { timeText } from '../../../ui'
import { left } from '../model'

/** How long until something is due, kept up to date; its moment is in the title. */
export function Remaining({ due }: { due: string }) {
  const t = useWords('review')
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000)
    return () => clearInterval(timer)
  }, [])
  const ms = left(due, now)
  const minutes = Math.floor(Math.abs(ms) / 60_000)
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60]
  const span = days > 0 ? t('span_days', { d: days, h: hours }) : hours > 0 ? t('span_hours', { h: hours, m: rest }) : t('span_minutes', { m: rest })
  return <span className={ms < 0 ? 'figure overdue' : 'figure'} title={timeText(due)}>{ms < 0 ? t('overdue_by', { span }) : t('left', { span })}</span>
}
