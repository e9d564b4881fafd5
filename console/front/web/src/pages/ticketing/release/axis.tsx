import { useWords } from '../../../i18n'
import { atVenue } from '../../../ui/time'
import { axisOf, position, stageState, type Stage } from '../model'

/** The stages along time, and where now is. The same is in the list below. */
export function Axis({ stages, now }: { stages: readonly Stage[]; now: number }) {
  const t = useWords('ticketing')
  const { from, to } = axisOf(stages, now)
  return (
    <div className="axis" aria-hidden="true">
      <div className="axis-line" />
      <div className="axis-now" style={{ left: `${position(now, from, to)}%` }} />
      {stages.map((s) => (
        <div
          key={s.stage} className={`axis-mark${s.fired_at ? ' axis-fired' : ''}${s.paused ? ' axis-paused' : ''}`}
          style={{ left: `${position(Date.parse(s.fired_at ?? s.at), from, to)}%` }}
        >
          <span>{t('stage_n', { n: s.stage })} {t(`stage_${stageState(s, now)}`)}</span>
          <span className="axis-dot" />
          <span className="muted">{atVenue(s.fired_at ?? s.at).format('HH:mm:ss')}</span>
        </div>
      ))}
    </div>
  )
}
