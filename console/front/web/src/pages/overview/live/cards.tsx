import type { Frame } from '../../../api/live'
import { useLanguage, useWords } from '../../../i18n'
import { short } from '../../../ui/numbers'
import { percent } from '../../../ui/rate'

interface CardProps {
  title: string
  value: string
  note: string
  over?: boolean
}

function Card({ title, value, note, over = false }: CardProps) {
  return (
    <section className="panel figure-card" aria-label={title}>
      <h2>{title}</h2>
      <p className={over ? 'big urgent' : 'big'}>{value}</p>
      <p className="muted">{note}</p>
    </section>
  )
}

const ms = (value: number | null): string => (value === null ? '—' : value < 10 ? value.toFixed(1) : String(Math.round(value)))

/** The four figures that are looked at first. */
export function Cards({ frame }: { frame: Frame<'overview'> }) {
  const t = useWords('overview')
  const language = useLanguage()
  const { traffic } = frame
  if (!traffic) return null
  const { p50_ms, p99_ms, deadline_ms } = traffic.screening
  const pools = frame.pools ?? []
  const sum = (of: 'sold' | 'held') => pools.reduce((all, pool) => all + pool[of], 0)
  return (
    <div className="figure-cards">
      <Card
        title={t('requests')} value={short(traffic.requests_per_second, language)}
        note={t('requests_note', { n: traffic.gateways, malformed: traffic.malformed_per_second.toFixed(1) })}
      />
      <Card title={t('hostile')} value={traffic.hostile_share === null ? '—' : percent(traffic.hostile_share)} note={t('hostile_note')} />
      <Card title={t('booked')} value={short(sum('sold'), language)} note={t('booked_note', { held: short(sum('held'), language) })} />
      <Card
        title={t('latency')} value={p99_ms === null ? '—' : `${ms(p99_ms)} ms`} over={p99_ms !== null && p99_ms > deadline_ms}
        note={p99_ms === null ? t('no_requests') : t('latency_note', { p50: ms(p50_ms), deadline: ms(deadline_ms) })}
      />
    </div>
  )
}
