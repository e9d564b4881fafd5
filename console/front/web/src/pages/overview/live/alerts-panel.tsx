import { Link } from 'react-router'
import { useLive } from '../../../api/live'
import { routes } from '../../../app/routes'
import { useLanguage, useWords } from '../../../i18n'
import { VisitorText } from '../../../ui/visitor-text'
import { timeText } from '../../../ui/time'

/** The open alerts, the most severe first. */
export function AlertsPanel() {
  const t = useWords('overview')
  const language = useLanguage()
  const { frame } = useLive('alerts')
  const alerts = frame?.alerts ?? []
  const leads = routes.some((route) => route.path === '/alerts/:id')
  return (
    <section className="panel">
      <h2>{t('alerts')}</h2>
      {frame ? (
        <p className="muted">
          {t('alerts_count', { urgent: frame.counts.urgent, warning: frame.counts.warning, notice: frame.counts.notice, silenced: frame.counts.silenced })}
        </p>
      ) : null}
      <ul className="lines">
        {alerts.slice(0, 5).map((alert) => {
          const what = <VisitorText>{language === 'zh' ? alert.what.zh : alert.what.en}</VisitorText>
          return (
            <li key={alert.id}>
              <span className={alert.severity === 'urgent' ? 'tag urgent' : 'tag'}>
                {alert.severity === 'urgent' || alert.severity === 'warning' || alert.severity === 'notice' ? t(`severity_${alert.severity}`) : alert.severity}
              </span>{' '}
              {leads ? <Link to={`/alerts/${encodeURIComponent(alert.id)}`}>{what}</Link> : what}{' '}
              <span className="muted">{t('since', { at: timeText(alert.since, 'minute') })}</span>
            </li>
          )
        })}
      </ul>
      {frame && alerts.length === 0 ? <p className="muted">{t('alerts_none')}</p> : null}
    </section>
  )
}
