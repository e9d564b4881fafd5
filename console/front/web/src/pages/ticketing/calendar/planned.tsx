import type { Schema } from '../../../api/client'
import { useWords } from '../../../i18n'

/** What a plan would do, day by day; days that stay as they are only counted. */
export function Planned({ planned }: { planned: Schema<'TicketingPlanned'> }) {
  const t = useWords('ticketing')
  const shown = planned.days.filter((d) => d.action !== 'keep' && d.action !== 'unchanged')
  const day = (d: Schema<'TicketingDay'> | null | undefined): string => (d ? String(d.capacity) : '—')
  return (
    <div className="effects" role="status">
      <p><strong>{t('planned_days', { n: shown.length })}</strong> <span className="muted">{Object.entries(planned.counts).map(([action, n]) => `${action} ${n}`).join(' · ')}</span></p>
      <table>
        <thead><tr><th scope="col">{t('date')}</th><th scope="col">{t('effect')}</th><th scope="col">{t('before')}</th><th scope="col">{t('after')}</th></tr></thead>
        <tbody>
          {shown.map((d) => <tr key={d.date}><th scope="row">{d.date}</th><td>{d.action}{d.reason ? ` · ${d.reason}` : ''}</td><td>{day(d.before)}</td><td>{day(d.after)}</td></tr>)}
        </tbody>
      </table>
    </div>
  )
}
