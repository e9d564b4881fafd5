import { Alert, Button } from 'antd'
import { useWords } from '../../../i18n'
import type { Check } from '../model'
import { figure } from '../model'
import { corrected } from './marks'
import type { Text } from './use-draft'

const findings = ['never_true', 'always_true', 'unreachable', 'hidden', 'no_value', 'unused_feature', 'incomplete', 'boundary', 'no_band'] as const

interface ProblemsProps {
  check: Check | undefined
  /** The check speaks of the text as it is now. */
  current: boolean
  failed: boolean
  tooLong: boolean
  text: Text
  outside: readonly { name: string; value: number; p99: number }[]
  onCorrect: (text: Text) => void
  canEdit: boolean
}

/** What is wrong with a rule, with its place and what may have been meant, and what lint warns of. */
export function Problems({ check, current, failed, tooLong, text, outside, onCorrect, canEdit }: ProblemsProps) {
  const t = useWords('strategy')
  const faults = check?.faults ?? []
  const warnings = check?.warnings ?? []
  return (
    <section className="panel" aria-label={t('problems')}>
      <h2>{t('problems')} {faults.length > 0 ? <span className="tag tag-warn">{faults.length}</span> : null} {current || failed || tooLong ? null : <span className="muted">{t('checking')}</span>}</h2>
      {tooLong ? <Alert type="error" showIcon title={t('too_long')} /> : null}
      {failed ? <Alert type="warning" showIcon title={t('check_away')} /> : null}
      <div role="status">
        {faults.length === 0 && check && !tooLong ? <p>✓ {t('problems_none')}</p> : null}
        <ul className="problem-list">
          {faults.map((f) => (
            <li key={`${f.part}${f.from}${f.line ?? ''}${f.detail}`}>
              <strong>{f.part === 'when' ? t('problems_at', { n: f.from + 1 }) : t(f.part === 'declaration' ? 'problems_line' : 'problems_elsewhere', { n: f.line ?? 0 })}</strong>
              <span>{f.detail}</span>
              {f.suggestion && f.part === 'when' && canEdit ? (
                <Button size="small" onClick={() => onCorrect({ ...text, when: corrected(text.when, f) })}>{t('problems_insert', { name: f.suggestion })}</Button>
              ) : null}
            </li>
          ))}
        </ul>
      </div>
      {warnings.length + outside.length > 0 ? (
        <>
          <h2>{t('warnings')}</h2>
          <ul className="problem-list">
            {outside.map((o) => <li key={o.name}><span className="tag tag-warn">⚠</span><span>{t('warning_outside', { name: o.name, value: figure(o.value), p99: figure(o.p99) })}</span></li>)}
            {warnings.map((w) => {
              const kind = findings.find((k) => k === w.kind)
              return <li key={w.kind + w.text}><span className="tag">{kind ? t(`warning_${kind}`) : w.kind}</span><span>{w.text}</span></li>
            })}
          </ul>
        </>
      ) : null}
    </section>
  )
}
