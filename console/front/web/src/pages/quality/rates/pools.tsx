import type { Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, Loaded, Time, type Column } from '../../../ui'
import { Figure } from '../parts/figure'
import type { Period } from '../parts/period'
import { useSeries, type About } from '../parts/use-quality'

type Row = Schema<'Point'>

const share = (f: Row['miss_rate']): string => (f.enough ? `${f.numerator}/${f.denominator}` : '')

/** The three rates of each pool, by the day. */
export function Pools({ period, about }: { period: Period; about: About }) {
  const t = useWords('quality')
  const query = useSeries(period, about, 'day', true)
  const columns: Column<Row>[] = [
    { key: 'pool', title: t('pool'), render: (r) => r.pool || '—', csv: (r) => r.pool },
    { key: 'day', title: t('pool_day'), render: (r) => <Time value={r.at} to="day" />, csv: (r) => exportTime(r.at) },
    { key: 'false', title: t('false_positive_rate'), render: (r) => <Figure figure={r.false_positive_rate} small />, csv: (r) => share(r.false_positive_rate) },
    { key: 'miss', title: t('miss_rate'), render: (r) => <Figure figure={r.miss_rate} small />, csv: (r) => share(r.miss_rate) },
    { key: 'interception', title: t('interception_rate'), render: (r) => <Figure figure={r.interception_rate} small />, csv: (r) => share(r.interception_rate) },
  ]
  if (!query.data) return <Loaded query={query}>{() => null}</Loaded>
  return (
    <DataTable<Row>
      name="quality-pools" caption={t('tab_pools')} columns={columns} filters={[period.from, about.pool, about.immature, query.dataUpdatedAt]} rowKey={(r) => `${r.pool ?? ''} ${r.at}`}
      load={() => Promise.resolve({ rows: query.data?.points ?? [] })} empty={t('pools_empty')}
    />
  )
}
