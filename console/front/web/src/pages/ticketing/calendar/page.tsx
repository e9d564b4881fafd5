import { LeftOutlined, RightOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import { useEffect, useState } from 'react'
import { Link } from 'react-router'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useLanguage, useWords } from '../../../i18n'
import { Loaded, PageHeader, param, useUrlState } from '../../../ui'
import { atVenue } from '../../../ui/time'
import { usePools } from '../booking'
import { mayEditTicketing, monthFrom, nameOf, releasePath, weeksOf, type Day } from '../model'
import { PlanDrawer } from './plan-drawer'
import '../ticketing.css'

const shape = { pool: param.text('', 64), month: param.text('', 7) }
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** A pool's month: what each day has and what is left of it. */
export default function CalendarPage() {
  const t = useWords('ticketing')
  const language = useLanguage()
  const { role } = useOperator()
  const [{ pool, month: asked }, set] = useUrlState(shape)
  const [planning, setPlanning] = useState(false)
  const pools = usePools()
  const month = /^\d{4}-(0[1-9]|1[0-2])$/.test(asked) ? asked : atVenue(Date.now()).format('YYYY-MM')
  const first = pools.data?.pools[0]?.pool
  useEffect(() => {
    if (!pool && first) set({ pool: first }, { replace: true })
  }, [pool, first, set])
  return (
    <>
      <PageHeader title={t('calendar')} about={t('calendar_about')} actions={mayEditTicketing(role) && pool ? <Button type="primary" onClick={() => setPlanning(true)}>{t('plan_month')}</Button> : null} />
      <div className="toolbar-line">
        <Select value={pool || undefined} placeholder={t('pool')} onChange={(to) => set({ pool: to })} aria-label={t('pool')} popupMatchSelectWidth={false} options={(pools.data?.pools ?? []).map((p) => ({ value: p.pool, label: nameOf(p.name, p.name_en, language) }))} />
        <Button icon={<LeftOutlined />} aria-label={t('month_before')} onClick={() => set({ month: monthFrom(month, -1) })} />
        <strong className="figure">{month}</strong>
        <Button icon={<RightOutlined />} aria-label={t('month_after')} onClick={() => set({ month: monthFrom(month, 1) })} />
      </div>
      {pools.isError ? <Loaded query={pools}>{() => null}</Loaded> : pools.isSuccess && !first ? <p>{t('pools_empty')}</p> : pool ? <Month pool={pool} month={month} /> : null}
      {planning ? <PlanDrawer pool={pool} month={month} onClose={() => setPlanning(false)} /> : null}
    </>
  )
}

function Month({ pool, month }: { pool: string; month: string }) {
  const t = useWords('ticketing')
  const weeks = weeksOf(month)
  const all = weeks.flat().filter((d) => d !== undefined)
  const query = useQuery({
    queryKey: ['ticketing', 'stock', pool, month], refetchInterval: 5_000,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/ticketing/pools/{pool}/stock', { params: { path: { pool }, query: { from: all[0] ?? '', to: all.at(-1) ?? '' } }, signal })),
  })
  return (
    <Loaded query={query}>
      {(stock) => {
        const days = new Map(stock.days.map((d) => [d.date, d]))
        return (
          <table className="month" aria-label={month}>
            <thead><tr>{weekdays.map((d) => <th key={d} scope="col">{t(`weekday_${d}`)}</th>)}</tr></thead>
            <tbody>{weeks.map((week, i) => <tr key={i}>{week.map((date, j) => <Cell key={date ?? j} date={date} day={date ? days.get(date) : undefined} pool={pool} />)}</tr>)}</tbody>
          </table>
        )
      }}
    </Loaded>
  )
}

function Cell({ date, day, pool }: { date: string | undefined; day: Day | undefined; pool: string }) {
  const t = useWords('ticketing')
  if (!date) return <td className="month-empty" />
  const number = Number(date.slice(8))
  if (!day) return <td className="month-closed"><span className="month-day">{number}</span></td>
  return (
    <td>
      <Link to={releasePath(pool, date)} aria-label={`${date} ${t('figure_left')} ${day.left}/${day.capacity}`}>{number}</Link>
      <span className="month-left">{day.left}<span className="month-total muted">/{day.capacity}</span></span>
    </td>
  )
}
