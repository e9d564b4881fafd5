import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link, useParams } from 'react-router'
import { api, ask, type Schema } from '../../../api/client'
import { useLanguage, useWords } from '../../../i18n'
import { DataTable, exportTime, Loaded, PageHeader, Time, type Column } from '../../../ui'
import { ReleaseAlerts } from '../release/alerts'
import { nameOf, releasePath, yuan, type Day } from '../model'
import '../ticketing.css'

type Change = Schema<'TicketingChange'>

/** One pool: its rules, its next days, and who changed what. */
export default function PoolPage() {
  const { id = '' } = useParams()
  const query = useQuery({ queryKey: ['ticketing', 'pool', id], queryFn: ({ signal }) => ask(api.GET('/api/v1/ticketing/pools/{pool}', { params: { path: { pool: id } }, signal })) })
  return <Loaded query={query}>{(pool) => <Shown pool={pool} />}</Loaded>
}

function Shown({ pool }: { pool: Schema<'TicketingPool'> }) {
  const t = useWords('ticketing')
  const language = useLanguage()
  const rules = pool.rules ?? {}
  const facts: [string, ReactNode][] = [
    [t('id'), <code key="id">{pool.pool}</code>], [t('price'), yuan(pool.price_fen)], [t('limit_per_order'), pool.limit_per_order],
    [t('hold_time'), t('minutes', { n: Math.round(pool.hold_seconds / 60) })], [t('opens_at'), <Time key="o" value={pool.opens_at} />],
    [t('days_ahead'), rules.days_ahead ?? '—'], [t('limit_per_person'), rules.limit_per_person ?? '—'], [t('minors_per_adult'), rules.minors_per_adult ?? '—'],
    [t('products'), (pool.products ?? []).map((p) => `${p.name} ${yuan(p.price_fen ?? 0)}`).join(' · ') || '—'],
  ]
  return (
    <>
      <PageHeader title={nameOf(pool.name, pool.name_en, language)} about={<Link to={`/ticketing/calendar?pool=${encodeURIComponent(pool.pool)}`}>{t('to_calendar')}</Link>} />
      <div className="stack">
        <ReleaseAlerts pool={pool.pool} />
        <section className="panel"><dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl></section>
        <section><h2>{t('next_days')}</h2><Days pool={pool.pool} /></section>
        <section><h2>{t('changes')}</h2><Changes pool={pool.pool} /></section>
      </div>
    </>
  )
}

function Days({ pool }: { pool: string }) {
  const t = useWords('ticketing')
  const columns: Column<Day>[] = [
    { key: 'date', title: t('date'), render: (d) => d.date, csv: (d) => d.date },
    { key: 'left', title: t('figure_left'), align: 'right', render: (d) => d.left, csv: (d) => d.left },
    { key: 'capacity', title: t('figure_capacity'), align: 'right', render: (d) => d.capacity, csv: (d) => d.capacity },
    { key: 'slots', title: t('slots'), render: (d) => (d.slots ?? []).map((s) => `${s.start}–${s.end} ${s.left}/${s.capacity}`).join(' · ') || '—', csv: (d) => (d.slots ?? []).map((s) => `${s.start}-${s.end} ${s.left}/${s.capacity}`).join(' ') },
  ]
  return (
    <DataTable<Day>
      name="days" several caption={t('next_days')} columns={columns} filters={[pool]} rowKey={(d) => d.date} to={(d) => releasePath(pool, d.date)} empty={t('days_empty')} refresh={5_000}
      load={async (_, signal) => ({ rows: (await ask(api.GET('/api/v1/ticketing/pools/{pool}/stock', { params: { path: { pool } }, signal }))).days })}
    />
  )
}

function Changes({ pool }: { pool: string }) {
  const t = useWords('ticketing')
  const text = (value: unknown): string => (value === null || value === undefined ? '—' : JSON.stringify(value))
  const columns: Column<Change>[] = [
    { key: 'at', title: t('when'), render: (c) => <Time value={c.at} />, csv: (c) => exportTime(c.at) },
    { key: 'who', title: t('who'), render: (c) => c.who, csv: (c) => c.who },
    { key: 'what', title: t('what'), render: (c) => c.what, csv: (c) => c.what },
    { key: 'before', title: t('before'), render: (c) => <code className="change-json" tabIndex={0}>{text(c.before)}</code>, csv: (c) => text(c.before), phone: false },
    { key: 'after', title: t('after'), render: (c) => <code className="change-json" tabIndex={0}>{text(c.after)}</code>, csv: (c) => text(c.after) },
  ]
  return (
    <DataTable<Change>
      name="changes" several caption={t('changes')} columns={columns} filters={[pool]} rowKey={(c) => String(c.seq)} empty={t('changes_empty')}
      load={async (cursor, signal) => {
        const query = { limit: 50, ...(cursor ? { after: Number(cursor) } : {}) }
        const { changes, next } = await ask(api.GET('/api/v1/ticketing/pools/{pool}/changes', { params: { path: { pool }, query }, signal }))
        return { rows: changes, next: next === undefined ? undefined : String(next) }
      }}
    />
  )
}
