import { useQueries, useQuery } from '@tanstack/react-query'
import { Empty } from 'antd'
import { Link } from 'react-router'
import { api, ask } from '../../../api/client'
import { useLanguage, useWords } from '../../../i18n'
import { ErrorCard, Time, VerdictTag, VisitorText } from '../../../ui'
import type { View } from '../model'
import { messagesOf, normsOf, sentencesOf, windowOf, type Sentence } from './evidence'

type Piece = NonNullable<NonNullable<View['case']>['evidence']>[number]

/** How many findings are explained; the rest are listed. */
const explainedAtOnce = 4

const figure = (n: number): string => n.toLocaleString('en', { maximumFractionDigits: 2 })

/** Why: sentences with value, window and what people do, for and against. */
export function EvidencePanel({ evidence }: { evidence: readonly Piece[] }) {
  const t = useWords('review')
  const language = useLanguage()
  const newest = [...evidence].reverse().slice(0, explainedAtOnce)
  const normal = useQuery({ queryKey: ['normal'], queryFn: ({ signal }) => ask(api.GET('/api/v1/normal', { signal })), staleTime: 600_000 })
  const answers = useQueries({
    queries: newest.map((e) => ({
      queryKey: ['explanation', e.event_id], staleTime: Infinity,
      queryFn: ({ signal }: { signal: AbortSignal }) => ask(api.GET('/api/v1/events/{id}/explanation', { params: { path: { id: e.event_id } }, signal })),
    })),
  })
  if (evidence.length === 0) return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('evidence_empty')} />
  const norms = normsOf(normal.data?.rows ?? [])
  const explained = answers.flatMap((a) => (a.data ? [a.data] : []))
  const messages = explained.flatMap((x) => messagesOf(x, language)).filter((m, i, all) => all.findIndex((o) => o.rule === m.rule) === i)
  const sentences = explained.flatMap((x) => sentencesOf(x, norms, language)).filter((s, i, all) => all.findIndex((o) => o.feature === s.feature) === i)
  const failed = answers.find((a) => a.isError)
  return (
    <div className="stack">
      {failed && explained.length === 0 ? <ErrorCard error={failed.error} onRetry={() => void failed.refetch()} /> : null}
      {messages.length > 0 ? (
        <ul className="evidence-messages">
          {messages.map((m) => (
            <li key={m.rule}>{m.text ? <><VisitorText>{m.text}</VisitorText> </> : null}<Link to={`/rules/${encodeURIComponent(m.rule)}`}><code>{m.rule}</code></Link></li>
          ))}
        </ul>
      ) : null}
      <ul className="sentences">{sentences.map((s) => <SentenceLine key={s.key} sentence={s} />)}</ul>
      <details>
        <summary>{t('findings', { n: evidence.length })}</summary>
        <ul className="findings">
          {[...evidence].reverse().map((e) => (
            <li key={e.event_id + e.stage}>
              <Time value={e.time} /> {(e.hits ?? []).slice(0, 3).map((h) => <span key={h.rule}><VerdictTag verdict={h.action} /> <code>{h.rule}</code> </span>)}
              <span className="muted">{t('score', { n: figure(e.score) })}</span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  )
}

function SentenceLine({ sentence: s }: { sentence: Sentence }) {
  const t = useWords('review')
  const { n, unit } = windowOf(s.window)
  const side = s.suspicious === undefined ? 'neutral' : s.suspicious ? 'suspicious' : 'favourable'
  const norm = s.norm.high !== undefined ? t('norm_high', { n: figure(s.norm.high) }) : s.norm.low !== undefined ? t('norm_low', { n: figure(s.norm.low) }) : t('norm_unknown')
  return (
    <li className={`sentence sentence-${side}`}>
      <span className="sentence-side">{side === 'suspicious' ? '▲' : side === 'favourable' ? '▽' : '·'} {t(`side_${side}`)}</span>
      <span>
        {s.window > 0 ? t(`within_${unit}`, { n }) : null} <code>{s.feature}</code> = <strong className="figure">{s.value === undefined ? t('value_unknown') : figure(s.value)}</strong>{' '}
        <span className="muted">({norm})</span>
        {s.text ? <span className="sentence-text muted">{s.text}</span> : null}
      </span>
    </li>
  )
}
