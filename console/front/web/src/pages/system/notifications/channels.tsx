import { PlusOutlined } from '@ant-design/icons'
import { useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, ReasonModal, Time, type Column } from '../../../ui'
import { ChannelDrawer } from './channel-drawer'
import { isChannelKind, isMessageKind, severities, type Channel } from './model'
import { TestChannel } from './test-channel'
import { useMayEdit } from './use-may-edit'
import './notifications.css'

type Open = { what: 'new' } | { what: 'change' | 'test' | 'remove'; channel: Channel }

/** The channels, and what can be done with them. */
export function Channels() {
  const t = useWords('notifications')
  const ui = useWords('ui')
  const client = useQueryClient()
  const mayEdit = useMayEdit()
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  const changed = () => client.invalidateQueries({ queryKey: ['table', 'channels'] })
  const only = (c: Channel) => (c.only ?? []).map((kind) => (isMessageKind(kind) ? t(`about_${kind}`) : kind)).join(ui('list_comma')) || t('only_all')
  const columns: Column<Channel>[] = [
    { key: 'name', title: t('name'), render: (c) => c.name, csv: (c) => c.name },
    { key: 'kind', title: t('kind'), render: (c) => (isChannelKind(c.kind) ? t(`kind_${c.kind}`) : c.kind), csv: (c) => c.kind },
    { key: 'target', title: t('target'), render: (c) => <span className="channel-hint">{c.hint}</span>, csv: (c) => c.hint },
    { key: 'least', title: t('least'), render: (c) => { const s = severities.find((x) => x === c.least_severity); return s ? t(`least_${s}`) : c.least_severity }, csv: (c) => c.least_severity },
    { key: 'only', title: t('only'), render: only, csv: only },
    { key: 'language', title: t('language'), render: (c) => (c.language === 'en' ? t('language_en') : t('language_zh')), csv: (c) => c.language },
    { key: 'enabled', title: t('enabled'), render: (c) => (c.enabled ? `● ${t('on')}` : `○ ${t('off')}`), csv: (c) => String(c.enabled) },
    { key: 'updated', title: t('updated'), render: (c) => <>{c.updated_by} <Time value={c.updated_at} to="minute" /></>, csv: (c) => `${c.updated_by} ${exportTime(c.updated_at)}`, phone: false },
    ...(mayEdit ? [{
      key: 'actions', title: t('actions'), render: (c: Channel) => (
        <span className="row-buttons">
          <Button size="small" onClick={() => setOpen({ what: 'test', channel: c })}>{t('test')}</Button>
          <Button size="small" onClick={() => setOpen({ what: 'change', channel: c })}>{t('change')}</Button>
          <Button size="small" danger onClick={() => setOpen({ what: 'remove', channel: c })}>{t('remove')}</Button>
        </span>
      ),
    }] : []),
  ]
  return (
    <>
      <DataTable<Channel>
        name="channels" caption={t('tab_channels')} columns={columns} filters={[]} rowKey={(c) => c.id} empty={t('channels_empty')}
        load={async (_, signal) => ({ rows: (await ask(api.GET('/api/v1/notifications/channels', { signal }))).channels ?? [] })}
        toolbar={mayEdit ? <Button type="primary" icon={<PlusOutlined />} onClick={() => setOpen({ what: 'new' })}>{t('new_channel')}</Button> : <span className="muted">{t('read_only')}</span>}
      />
      {open?.what === 'new' ? <ChannelDrawer onClose={close} onSaved={changed} /> : null}
      {open?.what === 'change' ? <ChannelDrawer channel={open.channel} onClose={close} onSaved={changed} /> : null}
      {open?.what === 'test' ? <TestChannel channel={open.channel} onClose={close} /> : null}
      {open?.what === 'remove' ? (
        <ReasonModal
          open danger title={t('remove_title', { name: open.channel.name })} confirm={t('remove')} onClose={close}
          onConfirm={async (reason) => {
            await ask(api.DELETE('/api/v1/notifications/channels/{id}', { params: { path: { id: open.channel.id }, query: { reason } } }))
            await changed()
          }}
        >
          <p>{t('remove_about')}</p>
        </ReasonModal>
      ) : null}
    </>
  )
}
