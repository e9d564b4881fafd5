import { Button, Input, Segmented, Tag } from 'antd'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, PageHeader, param, Time, useUrlState, VisitorText, type Column } from '../../../ui'
import type { Appeal } from '../model'
import { Subject } from '../parts/names'
import { Remaining } from '../parts/remaining'
import '../review.css'

const states = ['received', 'granted', 'declined'] as const
const shape = { state: param.oneOf(states, 'received'), receipt: param.text('', 64), bunch: param.text() }

/** What refused visitors said, the first due first; or by the receipt that they read out. */
export default function AppealsPage() {
  const t = useWords('review')
  const [{ state, receipt, bunch }, set] = useUrlState(shape)
  const columns: Column<Appeal>[] = [
    { key: 'receipt', title: t('receipt'), render: (a) => <code>{a.receipt}</code>, csv: (a) => a.receipt },
    { key: 'due', title: t('due'), render: (a) => a.state === 'received' ? <Remaining due={a.due_at} /> : <Time value={a.decided_at} />, csv: (a) => exportTime(a.due_at) },
    { key: 'subject', title: t('subject'), render: (a) => <Subject target={a.subject} />, csv: (a) => `${a.subject.entity}:${a.subject.key}` },
    { key: 'text', title: t('appeal_text'), render: (a) => <VisitorText max={60}>{a.text}</VisitorText>, csv: (a) => a.text },
    { key: 'language', title: t('language'), render: (a) => (a.language === 'en' ? t('language_en') : t('language_zh')), csv: (a) => a.language, phone: false },
    { key: 'state', title: t('state'), render: (a) => <Tag>{isState(a.state) ? t(`appeal_${a.state}`) : a.state}</Tag>, csv: (a) => a.state },
    { key: 'bunch', title: t('bunched'), align: 'right', render: (a) => a.bunched && a.bunched > 1 && a.bunch ? <Button size="small" onClick={() => set({ bunch: a.bunch ?? '' })}>{t('bunched_n', { n: a.bunched })}</Button> : '—', csv: (a) => a.bunched },
  ]
  return (
    <>
      <PageHeader title={t('appeals')} about={t('appeals_about')} />
      <DataTable<Appeal>
        name="appeals" caption={t('appeals')} columns={columns} filters={[state, receipt, bunch]} rowKey={(a) => a.id} to={(a) => `/appeals/${encodeURIComponent(a.id)}`} refresh={15_000}
        load={async (cursor, signal) => {
          const query = { state, limit: 50, ...(cursor ? { cursor } : {}), ...(receipt ? { receipt } : {}), ...(bunch ? { bunch } : {}) }
          const { appeals, next } = await ask(api.GET('/api/v1/appeals', { params: { query }, signal }))
          return { rows: appeals ?? [], next }
        }}
        empty={receipt ? t('appeals_empty_receipt') : bunch ? t('appeals_empty_bunch') : t(`appeals_empty_${state}`)}
        toolbar={
          <>
            <Input.Search defaultValue={receipt} key={receipt} allowClear placeholder={t('receipt_search')} aria-label={t('receipt_search')} maxLength={64} onSearch={(v) => set({ receipt: v.trim() })} style={{ maxWidth: 280 }} />
            <Segmented value={state} onChange={(v) => set({ state: v })} aria-label={t('state')} options={states.map((s) => ({ value: s, label: t(`appeal_${s}`) }))} />
            {bunch ? <Tag closable={{ 'aria-label': t('clear_filters') }} onClose={() => set({ bunch: '' })}>{t('only_bunch', { key: bunch })}</Tag> : null}
          </>
        }
      />
    </>
  )
}

const isState = (s: string): s is (typeof states)[number] => (states as readonly string[]).includes(s)
