import { Tooltip } from 'antd'
import type { Frame } from '../../../api/live'
import { useWords } from '../../../i18n'
import { timeText } from '../../../ui/time'

/** One line: how it is, what the sale is at, and what happens where engines are away. */
export function Strip({ frame }: { frame: Frame<'overview'> }) {
  const t = useWords('overview')
  const state = frame.attack ? 'attack' : frame.degraded ? 'degraded' : 'normal'
  const next = frame.sale?.next
  const modes = new Map<'degraded' | 'open' | 'closed', string[]>()
  for (const route of frame.routes ?? []) modes.set(route.fail_mode, [...(modes.get(route.fail_mode) ?? []), route.id])
  return (
    <section className="panel strip" aria-label={t(`state_${state}`)}>
      <strong className={`state state-${state}`}>{t(`state_${state}`)}</strong>
      <span>
        <strong>{frame.sale ? t(`phase_${frame.sale.phase}`) : t('phase_unknown')}</strong>
        {next ? <> · {t('next_stage', { pool: next.pool, date: next.date, stage: next.stage, at: timeText(next.at) })}{next.paused ? ` (${t('stage_paused')})` : ''}</> : null}
      </span>
      <span className="strip-modes">
        {t('fail_modes')}:{' '}
        {[...modes].map(([mode, routes], i) => (
          <Tooltip key={mode} title={routes.join(', ')}>
            <span tabIndex={0}>{i > 0 ? ' · ' : ''}{t(`fail_mode_${mode}`)} {routes.length}</span>
          </Tooltip>
        ))}{' '}
        <span className={frame.gateways_degraded > 0 ? 'urgent' : 'muted'}>
          {frame.gateways_degraded > 0 ? t('fail_in_force', { n: frame.gateways_degraded }) : t('fail_standby')}
        </span>
      </span>
    </section>
  )
}
