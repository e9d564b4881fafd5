import { useInfiniteQuery } from '@tanstack/react-query'
import { Alert, Button, Empty } from 'antd'
import { useMemo, useState } from 'react'
import { Link } from 'react-router'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ErrorCard, Time, VerdictTag, VisitorText } from '../../../ui'
import type { Moment } from '../model'
import { foldRuns, seconds, type Run } from './fold'
import { KindName } from './names'

const page = 300

/** What an account did and what was done to it, the newest first, repeats folded. */
export function Timeline({ account }: { account: string }) {
  const t = useWords('review')
  const query = useInfiniteQuery({
    queryKey: ['timeline', account],
    queryFn: ({ pageParam, signal }) =>
      ask(api.GET('/api/v1/accounts/{id}/timeline', { params: { path: { id: account }, query: { limit: page, ...(pageParam ? { before: pageParam } : {}) } }, signal })),
    initialPageParam: '',
    getNextPageParam: (last) => (last.more ? last.moments?.at(-1)?.time : undefined),
  })
  const moments = useMemo(() => query.data?.pages.flatMap((p) => p.moments ?? []) ?? [], [query.data])
  const runs = useMemo(() => foldRuns(moments), [moments])
  if (query.isError && !query.data) return <ErrorCard error={query.error} onRetry={() => void query.refetch()} />
  if (query.isPending) return <div className="table-wait" aria-busy="true" />
  return (
    <>
      {query.data?.pages[0]?.blind ? <Alert type="info" showIcon title={t('timeline_folded')} className="gap-below" /> : null}
      {runs.length === 0 ? <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('timeline_empty')} /> : null}
      <ol className="timeline">{runs.map((run) => <RunEntry key={run.key} run={run} />)}</ol>
      {query.hasNextPage ? <Button block loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('earlier')}</Button> : null}
    </>
  )
}

function RunEntry({ run }: { run: Run }) {
  const t = useWords('review')
  const [open, setOpen] = useState(false)
  const [first] = run.moments
  if (!first) return null
  if (!run.gap) return <li><Entry moment={first} /></li>
  const last = run.moments.at(-1) ?? first
  return (
    <li>
      <div className="timeline-head">
        <Time value={last.time} /> – <Time value={first.time} to="clock" />
      </div>
      <button type="button" className="timeline-run" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden="true">{open ? '▾' : '▸'}</span>{' '}
        <strong>{t('times', { n: run.moments.length })}</strong> <KindName kind={first.kind} />
        <span className="figure muted"> {t('apart', { mean: seconds(run.gap.mean), spread: seconds(run.gap.spread) })}</span>
      </button>
      <Judged moment={first} />
      {open ? <ol className="timeline timeline-inner">{run.moments.slice(0, 200).map((m) => <li key={m.id}><Entry moment={m} /></li>)}</ol> : null}
    </li>
  )
}

function Entry({ moment: m }: { moment: Moment }) {
  return (
    <>
      <div className="timeline-head"><Time value={m.time} /></div>
      <div>
        <strong><KindName kind={m.kind} /></strong>
        <Judged moment={m} />
      </div>
      <Where moment={m} />
    </>
  )
}

/** What Fairgate held of it, absent while that is folded. */
function Judged({ moment: m }: { moment: Moment }) {
  const rules = m.rules ?? []
  if (!m.action && rules.length === 0 && !m.actor) return null
  return (
    <span>
      {' '}{m.action ? <VerdictTag verdict={m.action} /> : null} {rules.length > 0 ? <code>{rules.join(', ')}</code> : null}{' '}
      {m.actor ? <span className="muted"><VisitorText max={60}>{m.actor}</VisitorText></span> : null}
    </span>
  )
}

function Where({ moment: m }: { moment: Moment }) {
  const t = useWords('review')
  const said = [
    m.pool, m.day, m.positions ? t('places', { n: m.positions }) : '', m.order_id ? t('order_named', { id: m.order_id }) : '', m.state, m.code, m.subnet, m.network, m.country,
  ].filter((part) => part)
  if (said.length === 0 && !m.device) return null
  return (
    <div className="muted timeline-where">
      {said.length > 0 ? <><VisitorText max={300}>{said.join(' · ')}</VisitorText>{m.device ? ' · ' : null}</> : null}
      {m.device ? <Link to={`/fingerprints/${encodeURIComponent(m.device)}`}>{t('device_named', { id: m.device.slice(0, 8) })}</Link> : null}
    </div>
  )
}
