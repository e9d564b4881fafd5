import { useQuery } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { ReasonModal, timeText } from '../../../ui'
import { useRulesChanged } from '../data'
import { may } from '../model'

interface Turn {
  observe: boolean
  route?: string
}

/** Whether rules act at present, and the switches that stop them: for the site and for one route. */
export function ObserveBar() {
  const t = useWords('strategy')
  const { role } = useOperator()
  const changed = useRulesChanged()
  const [turn, setTurn] = useState<Turn>()
  const query = useQuery({ queryKey: ['mode'], refetchInterval: 10_000, queryFn: ({ signal }) => ask(api.GET('/api/v1/mode', { signal })) })
  const mode = query.data
  if (!mode) return null
  const quiet = (mode.routes ?? []).filter((r) => r.observe)
  const run = async (reason: string) => {
    if (!turn) return
    if (turn.route !== undefined) await ask(api.PUT('/api/v1/mode/routes', { body: { route: turn.route, observe: turn.observe, reason } }))
    else await ask(api.PUT('/api/v1/mode', { body: { observe: turn.observe, reason } }))
    await changed()
  }
  return (
    <section className={`mode-bar ${mode.observe ? 'mode-bar-observing' : ''}`} aria-label={t('kill_switch')}>
      <strong>{mode.observe ? `⚠ ${t('mode_observes')}` : `● ${t('mode_acts')}`}</strong>
      {quiet.map((r) => (
        <span key={r.route} className="tag tag-warn">
          {t('route_observes', { route: r.route, who: r.actor, t: timeText(r.changed_at, 'minute') })}
          {may.observe(role) ? <Button type="link" size="small" onClick={() => setTurn({ observe: false, route: r.route })}>{t('route_restore')}</Button> : null}
        </span>
      ))}
      {may.observe(role) ? (
        <span className="row-actions">
          <Button size="small" danger={!mode.observe} onClick={() => setTurn({ observe: !mode.observe })}>{t(mode.observe ? 'observe_off' : 'observe_on')}</Button>
          {mode.observe ? null : <Button size="small" onClick={() => setTurn({ observe: true, route: '' })}>{t('route_on')}</Button>}
        </span>
      ) : null}
      <ReasonModal
        open={turn !== undefined} ready={turn?.route !== ''} title={`${t(turn?.observe ? 'observe_title_on' : 'observe_title_off')}${turn?.route ? ` · ${turn.route}` : ''}`}
        confirm={t(turn?.observe ? 'observe_on' : 'observe_off')} danger={turn?.observe ?? false} onConfirm={run} onClose={() => setTurn(undefined)}
      >
        {turn?.observe && turn.route !== undefined ? (
          <div className="stack-form"><label>{t('route')}<Input value={turn.route} maxLength={64} placeholder="order-submit" onChange={(e) => setTurn({ observe: true, route: e.target.value.trim() })} /></label></div>
        ) : null}
        <p className="modal-note">{t(turn?.observe ? 'observe_note_on' : 'observe_note_off')}</p>
      </ReasonModal>
    </section>
  )
}
