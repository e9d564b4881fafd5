import { App, Button, InputNumber, Slider } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { ReasonModal, timeText } from '../../../ui'
import { useRulesChanged } from '../data'
import { may, type Hits, type Rule, type Ruleset } from '../model'
import { WeakenButton } from '../weaken'

type Move = 'canary' | 'live' | 'shadow' | 'tighten' | 'loosen'
const stops = { 1: '1', 5: '', 10: '10', 25: '25', 50: '50', 100: '100' }

/** A rule's next steps: shadow, canary, live; weaker at any time; break-glass for an hour. */
export function LifeBar({ ruleset, rule, hits }: { ruleset: Ruleset; rule: Rule; hits: Hits | undefined }) {
  const t = useWords('strategy')
  const { message } = App.useApp()
  const { role } = useOperator()
  const changed = useRulesChanged()
  const [move, setMove] = useState<Move>()
  const [share, setShare] = useState(Math.round((rule.share ?? 0.05) * 100))
  const tightening = (ruleset.tightenings ?? []).find((x) => x.rule === rule.id)
  const params = { path: { name: ruleset.ruleset, rule: rule.id } }
  const run = async (reason: string) => {
    if (move === 'tighten') await ask(api.POST('/api/v1/rulesets/{name}/rules/{rule}/tightening', { params, body: { reason } }))
    else if (move === 'loosen') await ask(api.POST('/api/v1/rulesets/{name}/tightenings/{id}/end', { params: { path: { name: ruleset.ruleset, id: tightening?.id ?? '' } }, body: { reason } }))
    else {
      const body = move === 'canary' ? { mode: 'canary' as const, share: share / 100, reason } : { mode: move === 'live' ? ('live' as const) : ('shadow' as const), reason }
      const v = await ask(api.PATCH('/api/v1/rulesets/{name}/rules/{rule}', { params, body }))
      void message.success(t(v.state === 'published' ? 'published_done' : 'proposed_done', { n: v.number }))
    }
    await changed()
  }
  if (!may.weaken(role)) return null
  const edits = may.edit(role)
  const touched = hits ? hits.accounts + hits.shadow_accounts : 0
  const titles = { canary: t('canary_apply'), live: t('canary_go_live'), shadow: t('to_shadow'), tighten: t('break_glass_title', { rule: rule.id }), loosen: t('break_glass_end') }
  return (
    <div className="row-actions">
      <WeakenButton rule={rule} />
      {edits && (rule.mode === 'draft' || rule.mode === 'retired') ? <Button size="small" onClick={() => setMove('shadow')}>{t('to_shadow')}</Button> : null}
      {edits && (rule.mode === 'shadow' || rule.mode === 'canary') ? <Button size="small" onClick={() => setMove('canary')}>{t('canary_title')}…</Button> : null}
      {edits && rule.mode === 'canary' ? <Button size="small" onClick={() => setMove('live')}>{t('canary_go_live')}</Button> : null}
      {tightening
        ? <><span className="tag tag-warn">{t('break_glass_running', { who: tightening.by, t: timeText(tightening.ends_at, 'minute') })}</span><Button size="small" onClick={() => setMove('loosen')}>{t('break_glass_end')}</Button></>
        : <Button size="small" onClick={() => setMove('tighten')}>{t('break_glass')}</Button>}
      <ReasonModal open={move !== undefined} title={move ? titles[move] : ''} confirm={move ? (move === 'tighten' ? t('break_glass') : titles[move]) : ''} onConfirm={run} onClose={() => setMove(undefined)}>
        {move === 'canary' ? (
          <>
            <div className="slider-row">
              <Slider min={1} max={100} marks={stops} value={share} onChange={setShare} ariaLabelForHandle={t('canary_share')} />
              <InputNumber min={1} max={100} value={share} onChange={(v) => setShare(v ?? 1)} aria-label={t('canary_share')} />
            </div>
            <p>{touched > 0 ? t('canary_expected', { n: Math.ceil((touched / 24) * (share / 100)) }) : t('canary_unknown')}</p>
            <p className="modal-note">{t('canary_stop')} {t('submit_note')}</p>
          </>
        ) : move === 'tighten' ? <p className="modal-note">{t('break_glass_note')}</p> : move === 'live' ? <p className="modal-note">{t('submit_note')}</p> : null}
      </ReasonModal>
    </div>
  )
}
