import { api, ask, type Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { DataTable, type Column } from '../../../ui'
import { spell } from '../model'

type Month = Schema<'MonthRow'>

/** How fast alerts were taken, by month. */
export function Responses() {
  const t = useWords('alerts')
  const columns: Column<Month>[] = [
    { key: 'month', title: t('month'), render: (m) => m.month, csv: (m) => m.month },
    { key: 'alerts', title: t('alerts_n'), align: 'right', render: (m) => m.alerts, csv: (m) => m.alerts },
    { key: 'taken', title: t('taken_n'), align: 'right', render: (m) => `${m.taken}/${m.alerts}`, csv: (m) => m.taken },
    { key: 'in_time', title: t('in_time'), align: 'right', render: (m) => `${m.in_time}/${m.alerts}`, csv: (m) => m.in_time },
    { key: 'median', title: t('median'), align: 'right', render: (m) => (m.taken > 0 ? spell(m.median_seconds) : '—'), csv: (m) => m.median_seconds },
    { key: 'slowest', title: t('slowest'), align: 'right', render: (m) => (m.taken > 0 ? spell(m.slowest_seconds) : '—'), csv: (m) => m.slowest_seconds },
    { key: 'escalated', title: t('escalations'), align: 'right', render: (m) => m.escalated, csv: (m) => m.escalated },
  ]
  return (
    <DataTable<Month>
      name="alert-months" caption={t('tab_responses')} columns={columns} filters={[]} rowKey={(m) => m.month} empty={t('responses_empty')}
      load={async (_, signal) => ({ rows: (await ask(api.GET('/api/v1/alert-months', { signal }))).months ?? [] })}
      toolbar={<p className="muted">{t('responses_about')}</p>}
    />
  )
}
