import { useQuery } from '@tanstack/react-query'
import { Alert } from 'antd'
import { Link } from 'react-router'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useLanguage } from '../../../i18n'
import { said } from '../../alerts/model'

/** Open alerts about a pool, for who may read them. */
export function ReleaseAlerts({ pool }: { pool: string }) {
  const language = useLanguage()
  const { role } = useOperator()
  const query = useQuery({
    queryKey: ['alerts', 'of-pool', pool], enabled: role !== 'box_office', refetchInterval: 5_000,
    queryFn: async ({ signal }) => ((await ask(api.GET('/api/v1/alerts', { params: { query: { open: true } }, signal }))).alerts ?? []).filter((a) => a.pools?.includes(pool)),
  })
  if (!query.data?.length) return null
  return (
    <div className="stack">
      {query.data.map((a) => <Alert key={a.id} type="warning" showIcon title={<Link to={`/alerts/${encodeURIComponent(a.id)}`}>{said(a.what, language)}</Link>} description={said(a.evidence, language)} />)}
    </div>
  )
}
