import { Button, Input, Select, Switch, Tabs } from 'antd'
import { useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { api, ask, type Schema } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, PageHeader, param, ReasonModal, Time, useUrlState, VisitorText, type Column } from '../../../ui'
import { may } from '../model'
import { useEntityName } from '../tags'
import { AddEntry } from './add-entry'
import { entities, stateOf, type ListName } from './entries'
import { useQueryClient } from '@tanstack/react-query'
import '../strategy.css'

type Entry = Schema<'Entry'>
const shape = { entity: param.maybe(entities), key: param.text('', 200), rule: param.text('', 100), ended: param.flag() }

/** The deny list and the exceptions: what stands, since when, until when, why. */
export default function ListsPage() {
  const t = useWords('strategy')
  const { id } = useParams()
  const navigate = useNavigate()
  const list: ListName = id === 'exceptions' ? 'exceptions' : 'deny'
  return (
    <>
      <PageHeader title={t('lists')} about={t('lists_about')} />
      <Tabs
        activeKey={list} onChange={(key) => void navigate(`/lists/${key}`)} destroyOnHidden
        items={(['deny', 'exceptions'] as const).map((name) => ({ key: name, label: t(`list_${name}`), children: <Entries key={name} list={name} /> }))}
      />
    </>
  )
}

function Entries({ list }: { list: ListName }) {
  const t = useWords('strategy')
  const entityName = useEntityName()
  const client = useQueryClient()
  const { role } = useOperator()
  const [filters, set] = useUrlState(shape)
  const [lift, setLift] = useState<Entry>()
  const [adding, setAdding] = useState(false)
  const again = () => client.invalidateQueries({ queryKey: ['table', list] })
  const target = (e: Entry) => `${entityName(e.target.entity)} ${e.target.key}`
  const columns: Column<Entry>[] = [
    { key: 'target', title: t('target'), render: (e) => <span className="rule-name"><span className="muted">{entityName(e.target.entity)}</span><VisitorText max={80}>{e.target.key}</VisitorText></span>, csv: (e) => `${e.target.entity} ${e.target.key}` },
    { key: 'rule', title: t('rule'), render: (e) => (e.rule ? <code>{e.rule}</code> : '—'), csv: (e) => e.rule ?? '' },
    { key: 'source', title: t('source'), render: (e) => t(e.source === 'rule' ? 'source_rule' : 'source_hand'), csv: (e) => e.source },
    { key: 'reason', title: t('reason_column'), render: (e) => <VisitorText max={200}>{e.reason}</VisitorText>, csv: (e) => e.reason ?? '' },
    { key: 'actor', title: t('actor'), render: (e) => e.actor, csv: (e) => e.actor },
    { key: 'since', title: t('since'), render: (e) => <Time value={e.since} to="minute" />, csv: (e) => exportTime(e.since) },
    { key: 'expires', title: t('expires'), render: (e) => (e.expires_at ? <Time value={e.expires_at} to="minute" /> : t('expires_never')), csv: (e) => (e.expires_at ? exportTime(e.expires_at) : '') },
    {
      key: 'more', title: t('more_actions'),
      render: (e) => {
        const state = stateOf(e, Date.now())
        return state === 'lifted' ? t('lifted_by', { who: e.lifted_by ?? '' }) : state === 'ended' ? t('ended') : may.lists(role) ? <Button size="small" onClick={() => setLift(e)}>{t('lift')}</Button> : '—'
      },
    },
  ]
  const path = list === 'deny' ? '/api/v1/lists/deny' : '/api/v1/lists/exceptions'
  return (
    <>
      <DataTable<Entry>
        name={list} caption={t(`list_${list}`)} columns={columns} rowKey={(e) => e.id} empty={t(`lists_empty_${list}`)} filters={[filters.entity ?? '', filters.key, filters.rule, filters.ended]}
        load={async (cursor, signal) => {
          const query = { limit: 50, ...(cursor ? { cursor } : {}), ...(filters.entity ? { entity: filters.entity } : {}), ...(filters.key ? { key: filters.key } : {}), ...(filters.rule ? { rule: filters.rule } : {}), ...(filters.ended ? { all: true } : {}) }
          const { entries, next } = await ask(api.GET(path, { params: { query }, signal }))
          return { rows: entries ?? [], next }
        }}
        toolbar={
          <>
            {may.lists(role) ? <Button type="primary" onClick={() => setAdding(true)}>{t(list === 'deny' ? 'add_deny' : 'add_exception')}</Button> : null}
            <Select className="filter-select" allowClear aria-label={t('target')} placeholder={t('target')} value={filters.entity ?? null} options={entities.map((e) => ({ value: e, label: t(`entity_${e}`) }))} onChange={(e) => set({ entity: e ?? undefined })} />
            <Input.Search className="filter-text" allowClear defaultValue={filters.key} placeholder={t('target_key')} aria-label={t('target_key')} onSearch={(key) => set({ key })} />
            <Input.Search className="filter-text" allowClear defaultValue={filters.rule} placeholder={t('rule')} aria-label={t('rule')} onSearch={(rule) => set({ rule })} />
            <span className="editor-line"><Switch checked={filters.ended} onChange={(ended) => set({ ended })} aria-label={t('show_ended')} /> {t('show_ended')}</span>
          </>
        }
      />
      <AddEntry list={list} open={adding} onClose={() => setAdding(false)} onAdded={again} />
      <ReasonModal
        open={lift !== undefined} title={lift ? t('lift_title', { target: target(lift) }) : ''} confirm={t('lift')} onClose={() => setLift(undefined)}
        onConfirm={async (reason) => {
          const params = { path: { id: lift?.id ?? '' } }
          if (list === 'deny') await ask(api.POST('/api/v1/lists/deny/{id}/lift', { params, body: { reason } }))
          else await ask(api.POST('/api/v1/lists/exceptions/{id}/lift', { params, body: { reason } }))
          await again()
        }}
      />
    </>
  )
}
