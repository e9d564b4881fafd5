import { useWords } from '../../i18n'
import type { Change } from './model'

const effects = ['weaker', 'neutral', 'stronger'] as const
const ops = ['added', 'removed', 'changed'] as const
const subjects = ['rule', 'feature', 'ruleset'] as const
const arrows = { weaker: '↓', neutral: '=', stronger: '↑' } as const

const valueText = (value: unknown): string => (value === null || value === undefined ? '—' : typeof value === 'string' ? value : JSON.stringify(value, null, 1))

/** What a change does to visitors: arrow and word. */
export function EffectTag({ effect }: { effect: string }) {
  const t = useWords('strategy')
  const known = effects.find((e) => e === effect)
  return known ? <span className={`tag ${known === 'stronger' ? 'tag-strong' : ''}`}><span aria-hidden="true">{arrows[known]}</span> {t(`effect_${known}`)}</span> : <span className="tag">{effect}</span>
}

/** The differences between two texts, rule by rule and field by field. */
export function Changes({ changes }: { changes: readonly Change[] }) {
  const t = useWords('strategy')
  if (changes.length === 0) return <p className="muted">{t('diff_none')}</p>
  return (
    <ul>
      {changes.map((c) => {
        const op = ops.find((o) => o === c.op)
        const subject = subjects.find((s) => s === c.subject)
        return (
          <li key={c.subject + c.name} className="change">
            <p className="editor-line"><strong>{subject ? t(`subject_${subject}`) : c.subject} <code>{c.name}</code></strong> {op ? t(`op_${op}`) : c.op} <EffectTag effect={c.effect} /></p>
            {(c.fields ?? []).length > 0 ? (
              <div className="parts-scroll">
                <table className="parts">
                  <thead><tr><th scope="col">{t('diff_field')}</th><th scope="col">{t('diff_before')}</th><th scope="col">{t('diff_after')}</th><th scope="col">{t('state')}</th></tr></thead>
                  <tbody>
                    {(c.fields ?? []).map((f) => (
                      <tr key={f.field}>
                        <td><code>{f.field}</code></td>
                        <td><pre><del>{valueText(f.before)}</del></pre></td>
                        <td><pre><ins>{valueText(f.after)}</ins></pre></td>
                        <td><EffectTag effect={f.effect} /></td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            ) : null}
          </li>
        )
      })}
    </ul>
  )
}
