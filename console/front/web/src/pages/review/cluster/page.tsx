import { useQuery } from '@tanstack/react-query'
import { Alert, Segmented } from 'antd'
import { Link, useParams } from 'react-router'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { Loaded, PageHeader, param, useUrlState, VisitorText } from '../../../ui'
import { GraphView, Links } from '../parts/graph'
import '../review.css'

const ranges = [1, 7, 31] as const
const shape = { days: param.integer(7, 1, 31), from: param.list() }

/** A cluster: the accounts that cases name, and what links them. Looking further is part of the address. */
export default function ClusterPage() {
  const t = useWords('review')
  const { id = '' } = useParams()
  const [{ days, from }, set] = useUrlState(shape)
  const query = useQuery({ queryKey: ['cluster', id, days], queryFn: ({ signal }) => ask(api.GET('/api/v1/clusters/{id}', { params: { path: { id }, query: { days } }, signal })) })
  return (
    <>
      <PageHeader
        title={t('cluster_of', { name: id.slice(0, 36) })} about={t('cluster_about')}
        actions={<Segmented value={days} onChange={(d) => set({ days: d })} aria-label={t('range')} options={ranges.map((d) => ({ value: d as number, label: t('days', { n: d }) }))} />}
      />
      <Alert type="info" showIcon className="gap-below" title={t('cluster_families')} />
      <Loaded query={query}>
        {(cluster) => (
          <div className="review-grid">
            <section className="panel">
              <h2>{t('links')}</h2>
              {from.length > 0
                ? <Links key={from.join()} accounts={from} days={days} />
                : <GraphView graph={cluster} caption={t('graph_of', { name: id })} onExpand={(name) => set({ from: [...(cluster.accounts ?? []).slice(0, 20), name] })} />}
            </section>
            <section className="panel">
              <h2>{t('cluster_accounts', { n: (cluster.accounts ?? []).length })}</h2>
              <ul className="findings">
                {(cluster.accounts ?? []).map((a) => <li key={a}><Link to={`/accounts/${encodeURIComponent(a)}`}><VisitorText max={60}>{a}</VisitorText></Link></li>)}
              </ul>
            </section>
          </div>
        )}
      </Loaded>
    </>
  )
}
