import { useWords } from '../../i18n'
import { timeText } from '../../ui'
import { clockOf, isPattern, isSeverity, isState, spell, type Alert } from './model'
import { useNow } from './use-now'
import './alerts.css'

const icons: Record<string, string> = { urgent: '▲', warning: '△', notice: '○' }

/** How severe, in a word and a sign; only the urgent is red. */
export function SeverityTag({ severity }: { severity: string }) {
  const t = useWords('alerts')
  return <span className={`tag tag-${severity}`}><span aria-hidden="true">{icons[severity]}</span> {isSeverity(severity) ? t(`severity_${severity}`) : severity}</span>
}

export function StateTag({ state }: { state: string }) {
  const t = useWords('alerts')
  return <span className={`tag tag-${state}`}>{isState(state) ? t(`state_${state}`) : state}</span>
}

export function PatternName({ pattern }: { pattern: string }) {
  const t = useWords('alerts')
  return <>{isPattern(pattern) ? t(`pattern_${pattern}`) : pattern}</>
}

/** How far it has come, who is told nothing until when, and when more are told. */
export function AlertTags({ alert }: { alert: Alert }) {
  const t = useWords('alerts')
  return (
    <span className="tags">
      <SeverityTag severity={alert.severity} />
      <StateTag state={alert.state} />
      {alert.silenced_until ? <span className="tag tag-silenced">{t('silenced_until', { time: timeText(alert.silenced_until, 'minute') })}</span> : null}
      {alert.escalated > 0 ? (
        <span className="tag tag-escalated">
          {t('escalated', { n: alert.escalated })}
          {alert.state === 'firing' && alert.next_escalation_at ? ` · ${t('next_escalation', { time: timeText(alert.next_escalation_at, 'clock') })}` : ''}
        </span>
      ) : null}
    </span>
  )
}

/** The response clock, running while nobody has taken the alert. */
export function ResponseClock({ alert }: { alert: Alert }) {
  const t = useWords('alerts')
  const { state, seconds } = clockOf(alert, useNow())
  return <span className={`clock clock-${state}`}>{t(`clock_${state}`, { time: spell(seconds) })}</span>
}
