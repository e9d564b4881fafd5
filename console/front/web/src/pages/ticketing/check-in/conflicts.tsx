import { api, ask, type Schema } from '../../../api/client'
import { useLanguage, useWords } from '../../../i18n'
import { DataTable, exportTime, Time, type Column } from '../../../ui'

type Conflict = Schema<'TicketingConflict'>

/** Scans made off line that would have been refused on line. */
export function Conflicts() {
  const t = useWords('ticketing')
  const language = useLanguage()
  const said = (c: Conflict) => (language === 'en' ? c.conflict_en : c.conflict_zh)
  const columns: Column<Conflict>[] = [
    { key: 'what', title: t('conflict'), render: said, csv: said },
    { key: 'at', title: t('when'), render: (c) => <Time value={c.at} />, csv: (c) => exportTime(c.at) },
    { key: 'gate', title: t('gate'), render: (c) => c.gate, csv: (c) => c.gate },
    { key: 'terminal', title: t('terminal'), render: (c) => <code>{c.terminal_id}</code>, csv: (c) => c.terminal_id },
    { key: 'order', title: t('order'), render: (c) => (c.order_id ? <code>{c.order_id}</code> : '—'), csv: (c) => c.order_id ?? '' },
    { key: 'recorded', title: t('recorded'), render: (c) => <Time value={c.recorded_at} />, csv: (c) => exportTime(c.recorded_at), phone: false },
  ]
  return (
    <DataTable<Conflict>
      name="conflicts" caption={t('tab_conflicts')} columns={columns} filters={[]} rowKey={(c) => String(c.seq)} empty={t('conflicts_empty')}
      load={async (cursor, signal) => {
        const { conflicts } = await ask(api.GET('/api/v1/ticketing/checkin/conflicts', { params: { query: { limit: 50, ...(cursor ? { after: Number(cursor) } : {}) } }, signal }))
        const last = conflicts.at(-1)
        return { rows: conflicts, next: conflicts.length === 50 && last ? String(last.seq) : undefined }
      }}
    />
  )
}
