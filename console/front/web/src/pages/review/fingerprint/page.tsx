import { useQuery } from '@tanstack/react-query'
import { Segmented } from 'antd'
import { Link, useParams } from 'react-router'
import { api, ask, type Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, Loaded, PageHeader, param, Time, useUrlState, VisitorText, type Column } from '../../../ui'
import { Links } from '../parts/graph'
import '../review.css'

type User = NonNullable<Schema<'Fingerprint'>['accounts']>[number]
type Facet = NonNullable<Schema<'Fingerprint'>['facets']>[number]

const ranges = [1, 7, 31] as const
const shape = { days: param.integer(7, 1, 31) }

/** A device, imprint or family: who was seen with it and what it looked like. */
export default function FingerprintPage() {
  const t = useWords('review')
  const { id = '' } = useParams()
  const [{ days }, set] = useUrlState(shape)
  const query = useQuery({ queryKey: ['fingerprint', id, days], queryFn: ({ signal }) => ask(api.GET('/api/v1/fingerprints/{id}', { params: { path: { id }, query: { days } }, signal })) })
  return (
    <>
      <PageHeader
        title={t('fingerprint_of', { name: id.slice(0, 16) })} about={<code>{id}</code>}
        actions={<Segmented value={days} onChange={(d) => set({ days: d })} aria-label={t('range')} options={ranges.map((d) => ({ value: d as number, label: t('days', { n: d }) }))} />}
      />
      <Loaded query={query}>
        {(f) => (
          <div className="stack">
            <Users id={id} days={days} users={f.accounts ?? []} />
            <div className="review-grid">
              <section className="panel"><h2>{t('traits')}</h2><Facets facets={f.facets ?? []} /></section>
              {(f.accounts ?? []).length > 0 ? <section className="panel"><h2>{t('links')}</h2><Links accounts={(f.accounts ?? []).slice(0, 20).map((u) => u.account)} days={days} /></section> : null}
            </div>
          </div>
        )}
      </Loaded>
    </>
  )
}

function Users({ id, days, users }: { id: string; days: number; users: readonly User[] }) {
  const t = useWords('review')
  const columns: Column<User>[] = [
    { key: 'account', title: t('node_account'), render: (u) => <VisitorText max={60}>{u.account}</VisitorText>, csv: (u) => u.account },
    { key: 'first', title: t('first_seen'), render: (u) => <Time value={u.first_seen_at} />, csv: (u) => exportTime(u.first_seen_at) },
    { key: 'last', title: t('last_seen'), render: (u) => <Time value={u.last_seen_at} />, csv: (u) => exportTime(u.last_seen_at) },
    { key: 'requests', title: t('requests'), align: 'right', render: (u) => u.requests, csv: (u) => u.requests },
    { key: 'orders', title: t('order_requests'), align: 'right', render: (u) => u.order_requests, csv: (u) => u.order_requests },
  ]
  return (
    <DataTable<User>
      name="fingerprint" caption={t('fingerprint_accounts', { n: users.length })} columns={columns} filters={[id, days, users.length]} rowKey={(u) => u.account}
      to={(u) => `/accounts/${encodeURIComponent(u.account)}`} load={() => Promise.resolve({ rows: users })} empty={t('fingerprint_empty')}
      toolbar={<strong>{t('fingerprint_accounts', { n: users.length })}</strong>}
    />
  )
}

function Facets({ facets }: { facets: readonly Facet[] }) {
  const t = useWords('review')
  const kinds = [...new Set(facets.map((f) => f.kind))]
  return (
    <dl className="stack">
      {kinds.map((kind) => (
        <div key={kind}>
          <dt className="muted">{t(`facet_${kind}`)}</dt>
          {facets.filter((f) => f.kind === kind).map((f) => (
            <dd key={f.value}>
              {kind === 'device' || kind === 'family' || kind === 'imprint' ? <Link to={`/fingerprints/${encodeURIComponent(f.value)}`}><code>{f.value.slice(0, 24)}</code></Link> : <VisitorText max={160}>{f.value}</VisitorText>}{' '}
              <span className="muted figure">{t('facet_count', { accounts: f.accounts, requests: f.requests })}</span>
            </dd>
          ))}
        </div>
      ))}
    </dl>
  )
}
