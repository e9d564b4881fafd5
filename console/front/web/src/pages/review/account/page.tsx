import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Empty, Tabs } from 'antd'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { Loaded, PageHeader, param, ReasonModal, Time, useUrlState, VerdictTag, VisitorText } from '../../../ui'
import { AccountOrders } from '../../ticketing/orders/list'
import { mayDecide, type Standing } from '../model'
import { EvidencePanel } from '../parts/evidence-panel'
import { Links } from '../parts/graph'
import { LabelReason, LabelSource, OpinionTag, Subject } from '../parts/names'
import { Timeline } from '../parts/timeline'
import '../review.css'

const tabs = ['timeline', 'evidence', 'links', 'orders', 'labels'] as const
const shape = { tab: param.oneOf(tabs, 'timeline') }

/** Everything about one account; the box office sees its orders only. */
export default function AccountPage() {
  const t = useWords('review')
  const { id = '' } = useParams()
  const { role } = useOperator()
  if (role !== 'box_office') return <WholeAccount id={id} />
  return (
    <>
      <PageHeader title={t('account_of', { name: id.slice(0, 40) })} about={t('account_orders_only')} />
      <AccountOrders account={id} />
    </>
  )
}

function WholeAccount({ id }: { id: string }) {
  const t = useWords('review')
  const query = useQuery({ queryKey: ['account', id], queryFn: ({ signal }) => ask(api.GET('/api/v1/accounts/{id}', { params: { path: { id } }, signal })) })
  return (
    <>
      <PageHeader title={t('account_of', { name: id.slice(0, 40) })} actions={query.data ? <AccountActions id={id} standing={query.data} /> : null} />
      <Loaded query={query}>{(standing) => <Account key={id} id={id} standing={standing} />}</Loaded>
    </>
  )
}

function AccountActions({ id, standing }: { id: string; standing: Standing }) {
  const t = useWords('review')
  const { role } = useOperator()
  const { message } = App.useApp()
  const client = useQueryClient()
  const [open, setOpen] = useState(false)
  const blocked = (standing.blocks ?? []).length > 0
  if (standing.blind || (!blocked && !standing.case)) return null
  return (
    <>
      {standing.case ? <Link to={`/cases/${encodeURIComponent(standing.case.id)}`}><Button>{t('to_case')}</Button></Link> : null}
      {mayDecide(role) && blocked ? <Button type="primary" onClick={() => setOpen(true)}>{t('unblock')}</Button> : null}
      <ReasonModal
        open={open} title={t('unblock_title')} confirm={t('unblock')} onClose={() => setOpen(false)}
        onConfirm={async (reason) => {
          const done = await ask(api.POST('/api/v1/accounts/{id}/unblock', { params: { path: { id } }, body: { reason } }))
          void message.success(t('cleared_done', { lifted: done.lifted, back: done.reinstating }))
          await Promise.all(['account', 'known', 'timeline', 'case'].map((key) => client.invalidateQueries({ queryKey: [key] })))
        }}
      >
        <div className="preview">
          <p>{t('preview_blocks_lifted', { n: (standing.blocks ?? []).length })}</p>
          <p>{t('preview_label_clear')}</p>
          <p className="visitor-message">{t('message_granted')}</p>
          <p className="muted">{t('preview_at_once')}</p>
        </div>
      </ReasonModal>
    </>
  )
}

function Account({ id, standing }: { id: string; standing: Standing }) {
  const t = useWords('review')
  const [{ tab }, set] = useUrlState(shape)
  const evidence = standing.case?.evidence ?? []
  return (
    <>
      {standing.blind ? <Alert type="info" showIcon className="gap-below" title={t('blind_title')} description={<>{t('blind_account')} <Link to={`/cases?key=${encodeURIComponent(id)}`}>{t('to_queue')}</Link></>} /> : <StandingFacts standing={standing} />}
      <Tabs
        activeKey={tab} onChange={(key) => set({ tab: tabs.find((k) => k === key) ?? 'timeline' })} destroyOnHidden
        items={[
          { key: 'timeline', label: t('timeline'), children: <section className="panel"><Timeline account={id} /></section> },
          { key: 'evidence', label: t('evidence'), children: <section className="panel">{standing.blind ? <p className="muted">{t('timeline_folded')}</p> : <EvidencePanel evidence={evidence} />}</section> },
          { key: 'links', label: t('links'), children: <section className="panel"><Links accounts={[id]} /></section> },
          { key: 'orders', label: t('account_orders'), children: standing.blind ? <section className="panel"><p className="muted">{t('orders_folded')}</p></section> : <AccountOrders account={id} /> },
          { key: 'labels', label: t('labels'), children: <section className="panel"><LabelList id={id} /></section> },
        ]}
      />
    </>
  )
}

function StandingFacts({ standing }: { standing: Standing }) {
  const t = useWords('review')
  const blocks = standing.blocks ?? []
  const c = standing.case
  return (
    <section className="panel gap-below" aria-label={t('standing')}>
      <dl className="facts">
        <div><dt>{t('standing')}</dt><dd>{blocks.length > 0 ? <VerdictTag verdict="block" /> : c && c.state === 'open' ? <VerdictTag verdict={c.severity} /> : <VerdictTag verdict="allow" />}</dd></div>
        {c ? <div><dt>{t('rules')}</dt><dd>{Object.entries(c.rules).map(([rule, n]) => <span key={rule}><Link to={`/rules/${encodeURIComponent(rule)}`}><code>{rule}</code></Link> ×{n} </span>)}</dd></div> : null}
        {c?.cluster ? <div><dt>{t('cluster')}</dt><dd><Subject target={{ entity: 'cluster', key: c.cluster }} /></dd></div> : null}
        {c ? <div><dt>{t('last_finding')}</dt><dd><Time value={c.updated_at} /></dd></div> : null}
      </dl>
      {blocks.length > 0 ? (
        <ul className="plain-list">
          {blocks.map((b) => (
            <li key={b.id}>
              <VerdictTag verdict="block" /> <Subject target={b.target} plain /> <code>{b.rule ?? b.source}</code> {b.reason ? <VisitorText max={200}>{b.reason}</VisitorText> : null}{' '}
              <span className="muted"><Time value={b.since} /> → <Time value={b.expires_at} /></span>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  )
}

function LabelList({ id }: { id: string }) {
  const t = useWords('review')
  const query = useQuery({ queryKey: ['known', id], queryFn: ({ signal }) => ask(api.GET('/api/v1/accounts/{id}/labels', { params: { path: { id } }, signal })) })
  return (
    <Loaded query={query}>
      {({ labels, blind }) => (labels ?? []).length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={blind ? t('timeline_folded') : t('labels_empty')} />
      ) : (
        <ul className="plain-list">
          {(labels ?? []).map((l) => (
            <li key={l.id}><OpinionTag value={l.value} /> <LabelSource source={l.source} /> · {l.actor} · <Time value={l.time} /> {l.reason ? <LabelReason reason={l.reason} /> : null}</li>
          ))}
        </ul>
      )}
    </Loaded>
  )
}
