import { Link } from 'react-router'
import { api, ask } from '../../../api/client'
import { useLanguage, useWords } from '../../../i18n'
import { DataTable, PageHeader, timeText, type Column } from '../../../ui'
import { nameOf, releasePath, type Sale } from '../model'
import '../ticketing.css'

/** Every pool and how its sale stands, over its days from today on. */
export default function PoolsPage() {
  const t = useWords('ticketing')
  const language = useLanguage()
  const number = (key: 'days' | 'capacity' | 'left' | 'withheld' | 'held' | 'sold'): Column<Sale> => ({ key, title: t(`figure_${key}`), align: 'right', render: (s) => s[key].toLocaleString('en'), csv: (s) => s[key] })
  const moment = (m: Sale['next_stage']) => (m ? (
    <Link to={releasePath(m.pool, m.date)}>{m.date} {t('stage_n', { n: m.stage })}{m.paused ? ` ${t('stage_paused')}` : ''} · {timeText(m.at, 'minute')}</Link>
  ) : '—')
  const columns: Column<Sale>[] = [
    { key: 'name', title: t('pool'), render: (s) => nameOf(s.name_zh, s.name_en, language), csv: (s) => nameOf(s.name_zh, s.name_en, language) },
    { key: 'id', title: t('id'), render: (s) => <code>{s.pool}</code>, csv: (s) => s.pool },
    number('days'), number('capacity'), number('sold'), number('held'), number('left'), number('withheld'),
    { key: 'last', title: t('last_stage'), render: (s) => moment(s.last_stage), csv: (s) => s.last_stage?.at ?? '' },
    { key: 'next', title: t('next_stage'), render: (s) => moment(s.next_stage), csv: (s) => s.next_stage?.at ?? '' },
  ]
  return (
    <>
      <PageHeader title={t('pools')} about={t('pools_about')} />
      <DataTable<Sale>
        name="pools" caption={t('pools')} columns={columns} filters={[]} rowKey={(s) => s.pool} to={(s) => `/ticketing/pools/${encodeURIComponent(s.pool)}`} refresh={5_000} empty={t('pools_empty')}
        load={async (_, signal) => ({ rows: (await ask(api.GET('/api/v1/ticketing/sales', { signal }))).pools })}
      />
    </>
  )
}
