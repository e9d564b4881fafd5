import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Input, Select } from 'antd'
import { useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useLanguage, useWords } from '../../../i18n'
import { ErrorCard, timeText, VisitorText } from '../../../ui'
import { exampleOf, type Subject } from './example'

export const sampleActions = ['block', 'challenge', 'flag', 'allow'] as const
const names = { block: 'test_sample_blocked', challenge: 'test_sample_challenged', flag: 'test_sample_flagged', allow: 'test_sample_allowed' } as const

interface TestTabProps {
  subject: Subject
  onSubject: (subject: Subject) => void
  run: () => void
  busy: boolean
  ready: boolean
  trial: Schema<'Trial'> | undefined
  error: unknown
}

/** Tries the rule on a pasted example or a recorded event, with the value of every sub-expression. */
export function TestTab({ subject, onSubject, run, busy, ready, trial, error }: TestTabProps) {
  const t = useWords('strategy')
  const [sample, setSample] = useState<(typeof sampleActions)[number]>()
  const samples = useQuery({
    queryKey: ['event-samples', sample], enabled: sample !== undefined, retry: false,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/event-samples', { params: { query: { ...(sample ? { action: sample } : {}), limit: 20 } }, signal })),
  })
  const example = exampleOf(subject)
  const events = samples.data?.events ?? []
  return (
    <div className="tab-body">
      <div className="editor-line">
        <Select className="filter-select" placeholder={t('test_sample')} aria-label={t('test_sample')} value={sample ?? null} onChange={setSample} options={sampleActions.map((a) => ({ value: a, label: t(names[a]) }))} />
        <Input className="filter-text" value={subject.eventID} maxLength={64} placeholder={t('test_event')} aria-label={t('test_event')} onChange={(e) => onSubject({ ...subject, eventID: e.target.value.trim() })} />
        <Button type="primary" onClick={run} loading={busy} disabled={!ready || 'fault' in example}>{t('test_run')}</Button>
      </div>
      {samples.isError ? <ErrorCard error={samples.error} onRetry={() => void samples.refetch()} /> : null}
      {sample && samples.isSuccess && events.length === 0 ? <p className="muted">{t('test_sample_none')}</p> : null}
      {events.length > 0 ? (
        <Select
          showSearch aria-label={t('test_sample')} value={events.some((e) => e.id === subject.eventID) ? subject.eventID : null} placeholder={t('test_sample')} onChange={(id: string) => onSubject({ ...subject, eventID: id })}
          options={events.map((e) => ({ value: e.id, label: `${timeText(e.time)} · ${e.kind} · ${e.account ?? '—'} · ${(e.rules ?? []).join(' ') || '—'}` }))}
        />
      ) : null}
      {subject.eventID ? null : (
        <label className="section">
          <strong>{t('test_input')}</strong>
          <Input.TextArea value={subject.json} rows={9} maxLength={65_536} spellCheck={false} aria-label={t('test_input')} onChange={(e) => onSubject({ ...subject, json: e.target.value })} />
        </label>
      )}
      {'fault' in example ? <Alert type="error" showIcon title={example.fault === 'kind' ? t('test_need_kind') : t('test_bad_json', { why: example.fault })} /> : null}
      {ready ? null : <p className="muted">{t('test_fix_first')}</p>}
      {error === undefined || error === null ? null : <ErrorCard error={error} onRetry={run} />}
      {trial ? <Result trial={trial} /> : null}
    </div>
  )
}

function Result({ trial }: { trial: Schema<'Trial'> }) {
  const t = useWords('strategy')
  const language = useLanguage()
  const why = trial.fires ? '' : !trial.holds ? '' : !trial.kind_matches ? t('test_no_kind') : t('test_no_key')
  const message = language === 'zh' ? trial.messages.zh : trial.messages.en
  return (
    <section className="section" aria-label={t('test_result')}>
      <Alert type={trial.fires ? 'success' : 'info'} showIcon title={`${t(trial.fires ? 'test_fires' : trial.holds ? 'test_holds_only' : 'test_not')}${why ? `:${why}` : ''}`} description={trial.fires && message ? <VisitorText>{message}</VisitorText> : null} />
      <h2>{t('test_parts')}</h2>
      <div className="parts-scroll">
        <table className="parts">
          <thead><tr><th scope="col">{t('test_expression')}</th><th scope="col" className="figure">{t('test_value')}</th></tr></thead>
          <tbody>
            {(trial.parts ?? []).map((p) => (
              <tr key={`${p.from}-${p.to}-${p.depth}-${p.text}`}>
                <td><div className={`depth-${Math.min(p.depth, 4)}`}><code>{p.text}</code></div></td>
                <td className={`figure ${p.type === 'bool' ? `truth-${p.value}` : ''}`}>
                  {p.type === 'bool' ? (p.value === 'true' ? `✓ ${t('true')}` : `✗ ${t('false')}`) : p.unknown ? <span className="muted">{t('test_unknown')}</span> : <VisitorText>{p.value}</VisitorText>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
