import { Progress } from 'antd'
import { useWords } from '../../i18n'
import { Time, timeText, VerdictTag } from '../../ui'
import { standing } from './budget'
import { isMode, type Budget } from './model'
import { useNow } from './use-now'
import './strategy.css'

const marks = { draft: '○', shadow: '◐', canary: '◔', live: '●', retired: '×' } as const

/** Where a rule stands in its life: mark and word. */
export function ModeTag({ mode }: { mode: string | undefined }) {
  const t = useWords('strategy')
  if (!isMode(mode)) return <span>{mode ?? '—'}</span>
  return <span className={`mode mode-${mode}`}><span aria-hidden="true">{marks[mode]}</span> {t(`mode_${mode}`)}</span>
}

/** What a rule does; a weak signal only scores. */
export function ActionName({ action }: { action: string }) {
  const t = useWords('strategy')
  return action === 'score' ? <span>{t('action_score')}</span> : <VerdictTag verdict={action} />
}

/** Name of an entity, pairs included. */
export function useEntityName(): (entity: string) => string {
  const t = useWords('strategy')
  return (entity) => entity.split('+').map((part) => {
    switch (part) {
      case 'account': case 'device': case 'session': case 'ip': case 'document': case 'phone': case 'subnet': case 'asn': case 'cluster': case 'pool': return t(`entity_${part}`)
      default: return part
    }
  }).join(' + ')
}

/** How much of a rule's block budget is used, where the hour is going, and since when it only challenges. */
export function BudgetGauge({ budget, full = false }: { budget: Budget | undefined; full?: boolean }) {
  const t = useWords('strategy')
  const now = useNow(10_000)
  if (!budget) return <span className="muted">{t('budget_none')}</span>
  const s = standing(budget, now)
  const words = t('budget_used', { percent: s.percent, used: s.used, allowed: s.allowed })
  return (
    <div className={`gauge gauge-${s.level}`}>
      <Progress percent={Math.min(100, s.percent)} showInfo={false} size="small" aria-label={words} strokeColor={s.level === 'calm' ? '#0958D9' : '#A85100'} />
      <span className="figure">{words}</span>
      {budget.down ? (
        <strong className="gauge-note">
          ◇ {t('budget_tripped')} · <Time value={budget.down.since} to="minute" />{full ? null : ` · ${budget.down.owner || budget.owner || t('budget_duty')}`}
        </strong>
      ) : s.level === 'calm' ? null : <strong className="gauge-note">{t(s.level === 'over' ? 'budget_over' : 'budget_near')}</strong>}
      {full && budget.down ? (
        <span>{t('budget_tripped_text', { rule: budget.rule, t: timeText(budget.down.since, 'minute'), who: budget.down.owner || budget.owner || t('budget_duty') })}</span>
      ) : null}
      {full && !budget.down ? <span className="muted">{s.projected === undefined ? t('budget_early') : t('budget_projected', { n: s.projected })}</span> : null}
    </div>
  )
}
