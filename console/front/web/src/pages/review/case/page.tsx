import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Tag } from 'antd'
import { useEffect } from 'react'
import { useParams } from 'react-router'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { Loaded, PageHeader, Time, VerdictTag } from '../../../ui'
import { folded, mayDecide, undecided, type View } from '../model'
import { EvidencePanel } from '../parts/evidence-panel'
import { Links } from '../parts/graph'
import { Subject } from '../parts/names'
import { Remaining } from '../parts/remaining'
import { Timeline } from '../parts/timeline'
import { DecideBar } from './decision'
import { OpinionForm } from './opinion'
import { CaseRecords } from './records'
import '../review.css'

/** One case: what the subject did, why it is looked at, whom it concerns, and the decision. */
export default function CasePage() {
  const { id = '' } = useParams()
  const query = useQuery({ queryKey: ['case', id], queryFn: ({ signal }) => ask(api.GET('/api/v1/cases/{id}', { params: { path: { id } }, signal })) })
  const t = useWords('review')
  return (
    <>
      {query.data ? null : <PageHeader title={t('case')} />}
      <Loaded query={query}>{(view) => <Case key={view.id} view={view} />}</Loaded>
    </>
  )
}

function Case({ view }: { view: View }) {
  const t = useWords('review')
  const { role } = useOperator()
  const may = mayDecide(role)
  const blind = folded(view)
  const accounts = view.subject.entity === 'account' ? [view.subject.key] : (view.accounts ?? []).map((a) => a.account)
  return (
    <>
      <PageHeader title={t('case_of', { name: view.subject.key.slice(0, 36) })} about={<Facts view={view} />} />
      {undecided(view) && may ? <ClaimNotice id={view.id} /> : null}
      {blind ? <Alert type="info" showIcon title={t('blind_title')} description={may ? t('blind_about') : t('blind_reader')} className="gap-below" /> : null}
      {blind && may ? <OpinionForm view={view} /> : null}
      <div className="review-grid">
        <section className={blind ? 'panel' : 'panel after-evidence'}>
          <h2>{t('timeline')}</h2>
          {view.subject.entity === 'account' ? <Timeline account={view.subject.key} /> : <p className="muted">{t('timeline_other')}</p>}
        </section>
        <div className="stack">
          {blind ? null : <section className="panel"><h2>{t('evidence')}</h2><EvidencePanel evidence={view.case?.evidence ?? []} /></section>}
          {accounts.length > 0 ? <section className="panel"><h2>{t('links')}</h2><Links accounts={accounts.slice(0, 50)} /></section> : null}
          {blind ? null : <CaseRecords view={view} />}
        </div>
      </div>
      {!blind && view.case && undecided(view) && may ? <DecideBar view={view} found={view.case} /> : null}
    </>
  )
}

function Facts({ view }: { view: View }) {
  const t = useWords('review')
  const c = view.case
  return (
    <dl className="facts">
      <div><dt>{t('subject')}</dt><dd><Subject target={view.subject} /></dd></div>
      <div><dt>{t('opened')}</dt><dd><Time value={view.opened_at} /></dd></div>
      {undecided(view) ? <div><dt>{t('due')}</dt><dd><Remaining due={view.due_at} /></dd></div> : null}
      {c ? <div><dt>{t('severity')}</dt><dd><VerdictTag verdict={c.severity} /></dd></div> : null}
      {c ? <div><dt>{t('highest_score')}</dt><dd className="figure">{c.score}</dd></div> : null}
      {c?.cluster ? <div><dt>{t('cluster')}</dt><dd><Subject target={{ entity: 'cluster', key: c.cluster }} /></dd></div> : null}
      {c && !undecided(view) ? <div><dt>{t('decided')}</dt><dd><Tag>{c.state === 'confirmed' ? t('verb_confirm') : t('verb_clear')}</Tag> {c.decided_by} <Time value={c.decided_at} /></dd></div> : null}
      {view.case ? null : view.judged ? <div><dt>{t('case')}</dt><dd>{t('no_case')}</dd></div> : null}
    </dl>
  )
}

/** Takes the case for a quarter of an hour while it is open, and says who else has it. */
function ClaimNotice({ id }: { id: string }) {
  const t = useWords('review')
  const client = useQueryClient()
  const claim = useMutation({
    mutationFn: () => ask(api.POST('/api/v1/cases/{id}/claim', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['table', 'cases'], refetchType: 'none' }),
  })
  const { mutate } = claim
  useEffect(() => {
    mutate()
    const timer = setInterval(() => mutate(), 10 * 60_000)
    return () => clearInterval(timer)
  }, [id, mutate])
  if (!claim.data || claim.data.mine) return null
  return <Alert type="warning" showIcon className="gap-below" title={<>{t('claimed_by', { name: claim.data.reviewer })} <Time value={claim.data.until} to="clock" /></>} />
}
