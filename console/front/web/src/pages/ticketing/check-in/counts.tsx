import { useQuery } from '@tanstack/react-query'
import { DatePicker } from 'antd'
import dayjs from 'dayjs'
import { api, ask, type Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, Loaded, param, Time, useUrlState, type Column } from '../../../ui'
import { atVenue } from '../../../ui/time'

type Tally = Schema<'TicketingTally'>
const shape = { date: param.text('', 10) }
const kinds = ['pools', 'gates', 'terminals'] as const

/** How many came in on a day, by pool, gate and terminal. */
export function Counts() {
  const t = useWords('ticketing')
  const [{ date: asked }, set] = useUrlState(shape)
  const date = /^\d{4}-\d{2}-\d{2}$/.test(asked) ? asked : atVenue(Date.now()).format('YYYY-MM-DD')
  const query = useQuery({
    queryKey: ['ticketing', 'counts', date], refetchInterval: 5_000,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/ticketing/checkin/counts', { params: { query: { date } }, signal })),
  })
  const number = (key: 'entries' | 'exits' | 'people' | 'inside' | 'refused' | 'conflicts'): Column<Tally> => ({ key, title: t(`tally_${key}`), align: 'right', render: (x) => x[key], csv: (x) => x[key] })
  const columns: Column<Tally>[] = [
    { key: 'name', title: t('name'), render: (x) => x.name || '—', csv: (x) => x.name },
    number('entries'), number('exits'), number('people'), number('inside'), number('refused'), number('conflicts'),
    { key: 'last', title: t('last_scan'), render: (x) => <Time value={x.last_scan_at} />, csv: (x) => (x.last_scan_at ? exportTime(x.last_scan_at) : '') },
  ]
  return (
    <div className="stack">
      <div className="toolbar-line">
        <DatePicker value={dayjs(date)} allowClear={false} onChange={(to) => { if (to) set({ date: to.format('YYYY-MM-DD') }) }} aria-label={t('date')} />
      </div>
      <Loaded query={query}>
        {(counts) => (
          <>
            <dl className="figures">
              {(['people', 'inside', 'entries', 'exits', 'refused', 'conflicts'] as const).map((key) => <div key={key} className="figure-card"><dt>{t(`tally_${key}`)}</dt><dd>{counts.total[key]}</dd></div>)}
            </dl>
            {kinds.map((kind) => (
              <section key={kind}>
                <h2>{t(`by_${kind}`)}</h2>
                <DataTable<Tally> name={`counts-${kind}`} several caption={t(`by_${kind}`)} columns={columns} filters={[date]} refresh={5_000} rowKey={(x) => x.name} load={() => Promise.resolve({ rows: counts[kind] })} empty={t('counts_empty')} />
              </section>
            ))}
          </>
        )}
      </Loaded>
    </div>
  )
}
