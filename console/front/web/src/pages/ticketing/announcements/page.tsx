import { PlusOutlined } from '@ant-design/icons'
import { useQueryClient } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import { useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useLanguage, useWords } from '../../../i18n'
import { DataTable, PageHeader, param, ReasonModal, Time, useUrlState, type Column } from '../../../ui'
import { because } from '../booking'
import { mayEditTicketing, nameOf } from '../model'
import { AnnouncementEditor } from './editor'
import '../ticketing.css'

type Announcement = Schema<'TicketingHouseAnnouncement'>
const states = ['draft', 'scheduled', 'published', 'withdrawn'] as const
const shape = { state: param.maybe(states) }
type Open = { what: 'new' } | { what: 'change' | 'publish' | 'withdraw'; item: Announcement }

/** What visitors are told, in both languages. */
export default function AnnouncementsPage() {
  const t = useWords('ticketing')
  const language = useLanguage()
  const { role } = useOperator()
  const client = useQueryClient()
  const [{ state }, set] = useUrlState(shape)
  const [open, setOpen] = useState<Open>()
  const edit = mayEditTicketing(role)
  const changed = () => client.invalidateQueries({ queryKey: ['table', 'announcements'] })
  const stateName = (s: string) => { const known = states.find((x) => x === s); return known ? t(`notice_${known}`) : s }
  const columns: Column<Announcement>[] = [
    { key: 'title', title: t('notice_title'), render: (a) => nameOf(a.title_zh, a.title_en, language), csv: (a) => a.title_zh },
    { key: 'state', title: t('state'), render: (a) => stateName(a.state), csv: (a) => a.state },
    { key: 'kind', title: t('kind'), render: (a) => (a.kind === 'rules' ? t('kind_rules') : a.kind === 'closure' ? t('kind_closure') : t('kind_notice')), csv: (a) => a.kind },
    { key: 'pool', title: t('pool'), render: (a) => a.pool || t('whole_venue'), csv: (a) => a.pool ?? '' },
    { key: 'pinned', title: t('pinned'), render: (a) => (a.pinned ? t('yes') : '—'), csv: (a) => String(a.pinned) },
    { key: 'publish', title: t('publish_at'), render: (a) => <Time value={a.publish_at} />, csv: (a) => a.publish_at ?? '' },
    { key: 'updated', title: t('updated'), render: (a) => <>{a.updated_by} <Time value={a.updated_at} to="minute" /></>, csv: (a) => a.updated_by, phone: false },
    ...(edit ? [{
      key: 'actions', title: t('actions'), render: (item: Announcement) => (
        <span className="stage-actions">
          <Button size="small" onClick={() => setOpen({ what: 'change', item })}>{t('change')}</Button>
          {item.state === 'published' ? null : <Button size="small" onClick={() => setOpen({ what: 'publish', item })}>{t('publish')}</Button>}
          {item.state === 'published' || item.state === 'scheduled' ? <Button size="small" danger onClick={() => setOpen({ what: 'withdraw', item })}>{t('withdraw')}</Button> : null}
        </span>
      ),
    }] : []),
  ]
  const act = async (what: 'publish' | 'withdraw', id: string, reason: string) => {
    const params = { path: { announcement: id }, header: because(reason) }
    await ask(what === 'publish' ? api.POST('/api/v1/ticketing/announcements/{announcement}/publish', { params }) : api.POST('/api/v1/ticketing/announcements/{announcement}/withdraw', { params }))
    await changed()
  }
  return (
    <>
      <PageHeader title={t('announcements')} about={t('announcements_about')} />
      <DataTable<Announcement>
        name="announcements" caption={t('announcements')} columns={columns} filters={[state ?? '']} rowKey={(a) => a.id} empty={t('announcements_empty')}
        load={async (cursor, signal) => {
          const query = { limit: 50, ...(cursor ? { after: cursor } : {}), ...(state ? { state } : {}) }
          const { announcements, next } = await ask(api.GET('/api/v1/ticketing/announcements', { params: { query }, signal }))
          return { rows: announcements, next }
        }}
        toolbar={
          <>
            {edit ? <Button type="primary" icon={<PlusOutlined />} onClick={() => setOpen({ what: 'new' })}>{t('new_announcement')}</Button> : null}
            <Select value={state ?? ''} onChange={(to) => set({ state: states.find((s) => s === to) })} aria-label={t('state')} popupMatchSelectWidth={false} options={[{ value: '', label: t('any_state') }, ...states.map((s) => ({ value: s as string, label: t(`notice_${s}`) }))]} />
          </>
        }
      />
      {open?.what === 'new' ? <AnnouncementEditor onClose={() => setOpen(undefined)} onSaved={changed} /> : null}
      {open?.what === 'change' ? <AnnouncementEditor item={open.item} onClose={() => setOpen(undefined)} onSaved={changed} /> : null}
      {open?.what === 'publish' || open?.what === 'withdraw' ? <Confirm what={open.what} item={open.item} onClose={() => setOpen(undefined)} onConfirm={act} /> : null}
    </>
  )
}

interface ConfirmProps {
  what: 'publish' | 'withdraw'
  item: Announcement
  onClose: () => void
  onConfirm: (what: 'publish' | 'withdraw', id: string, reason: string) => Promise<void>
}

function Confirm({ what, item, onClose, onConfirm }: ConfirmProps) {
  const t = useWords('ticketing')
  return (
    <ReasonModal open danger={what === 'withdraw'} title={what === 'publish' ? t('publish_title') : t('withdraw_title')} confirm={t(what)} onClose={onClose} onConfirm={(reason) => onConfirm(what, item.id, reason)}>
      <p><strong>{item.title_zh}</strong>{item.title_en ? <><br />{item.title_en}</> : null}</p>
    </ReasonModal>
  )
}
