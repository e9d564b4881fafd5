import { Button, Select, Space, Tag } from 'antd'
import { useRef, useState } from 'react'
import { Link } from 'react-router'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, PageHeader, param, Time, useUrlState, type Column } from '../../../ui'
import { blindTask, bulkable, entities, isEntity, maxBulk, mayDecide, type Task } from '../model'
import { Subject } from '../parts/names'
import { Remaining } from '../parts/remaining'
import { Bulk } from './bulk'
import { SampleStanding } from './sample'
import '../review.css'

const shape = { entity: param.maybe(entities), key: param.text() }

/** What waits for review, the first due first. Nothing tells what was flagged and what was drawn. */
export default function CasesPage() {
  const t = useWords('review')
  const { role, name } = useOperator()
  const [{ entity, key }, set] = useUrlState(shape)
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [bulk, setBulk] = useState(false)
  const seen = useRef(new Map<string, Task>())
  const may = mayDecide(role)
  const ready = chosen.filter((id) => { const task = seen.current.get(id); return task && bulkable(task) })
  const columns: Column<Task>[] = [
    { key: 'subject', title: t('subject'), render: (c) => <Subject target={c.subject} plain />, csv: (c) => `${c.subject.entity}:${c.subject.key}` },
    { key: 'due', title: t('due'), render: (c) => <Remaining due={c.due_at} />, csv: (c) => exportTime(c.due_at) },
    { key: 'opened', title: t('opened'), render: (c) => <Time value={c.opened_at} />, csv: (c) => exportTime(c.opened_at) },
    { key: 'opinion', title: t('your_opinion'), render: (c) => (c.judged ? <Tag>{t('opinion_given')}</Tag> : <span className="muted">{t('opinion_missing')}</span>), csv: (c) => (c.judged ? 'given' : '') },
    { key: 'claim', title: t('assignee'), render: (c) => c.claim ? (c.claim.reviewer === name ? t('claimed_mine') : c.claim.reviewer) : '—', csv: (c) => c.claim?.reviewer },
  ]
  return (
    <>
      <PageHeader title={t('cases')} about={t('cases_about')} />
      <SampleStanding />
      <DataTable<Task>
        name="cases" caption={t('cases')} columns={columns} filters={[entity ?? '', key]} rowKey={(c) => c.id} to={(c) => `/cases/${encodeURIComponent(c.id)}`} refresh={15_000}
        load={async (cursor, signal) => {
          const query = { limit: 50, ...(cursor ? { cursor } : {}), ...(entity ? { entity } : {}), ...(key ? { key } : {}) }
          const { cases, next } = await ask(api.GET('/api/v1/cases', { params: { query }, signal }))
          const rows = (cases ?? []).map(blindTask)
          for (const row of rows) seen.current.set(row.id, row)
          return { rows, next }
        }}
        empty={entity || key ? <Space orientation="vertical">{t('cases_empty_filtered')}<Button onClick={() => set({ entity: undefined, key: '' })}>{t('clear_filters')}</Button></Space> : t('cases_empty')}
        {...(may ? { selection: { chosen, onChange: setChosen, max: maxBulk } } : {})}
        toolbar={
          <>
            <Select
              value={entity ?? ''} onChange={(v) => set({ entity: isEntity(v) ? v : undefined })} aria-label={t('filter_entity')} popupMatchSelectWidth={false}
              options={[{ value: '', label: t('any_entity') }, ...entities.map((e) => ({ value: e as string, label: t(`entity_${e}`) }))]}
            />
            {key ? <Tag closable={{ 'aria-label': t('clear_filters') }} onClose={() => set({ key: '' })}>{t('only_subject', { key })}</Tag> : null}
            {chosen.length > 0 ? (
              <>
                <Button type="primary" disabled={ready.length === 0} onClick={() => setBulk(true)}>{t('bulk', { n: ready.length })}</Button>
                <Button onClick={() => setChosen([])}>{t('bulk_none')}</Button>
                {ready.length < chosen.length ? <span className="muted">{t('bulk_left_out', { n: chosen.length - ready.length })}</span> : null}
              </>
            ) : null}
          </>
        }
      />
      {may ? null : <p className="muted">{t('only_administrators')} <Link to="/quality">{t('to_quality')}</Link></p>}
      {bulk ? <Bulk ids={ready} onClose={() => setBulk(false)} onDone={() => { setBulk(false); setChosen([]) }} /> : null}
    </>
  )
}
