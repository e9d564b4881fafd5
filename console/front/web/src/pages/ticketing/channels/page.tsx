import { useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useLanguage, useWords } from '../../../i18n'
import { DataTable, PageHeader, ReasonModal, type Column } from '../../../ui'
import { because } from '../booking'
import { mayEditTicketing, nameOf } from '../model'
import { Allotments } from './allotments'
import { ChannelKey } from './key'
import '../ticketing.css'

type Channel = Schema<'TicketingChannel'>
const kinds = ['web', 'miniprogram', 'onsite', 'agency', 'partner'] as const

/** Whether a channel is the house's own pages, which have neither a key nor places of their own. */
const own = (c: Channel) => c.kind === 'web' || c.kind === 'miniprogram'

/** The channels that sell places beside the house's own pages, and turning one off. */
export default function ChannelsPage() {
  const t = useWords('ticketing')
  const language = useLanguage()
  const { role } = useOperator()
  const client = useQueryClient()
  const [turning, setTurning] = useState<Channel>()
  const kindName = (k: string) => { const known = kinds.find((x) => x === k); return known ? t(`channel_${known}`) : k }
  const columns: Column<Channel>[] = [
    { key: 'name', title: t('name'), render: (c) => nameOf(c.name, c.name_en, language), csv: (c) => c.name },
    { key: 'id', title: t('id'), render: (c) => <code>{c.channel}</code>, csv: (c) => c.channel },
    { key: 'kind', title: t('kind'), render: (c) => kindName(c.kind), csv: (c) => c.kind },
    { key: 'active', title: t('state'), render: (c) => (c.active ? `● ${t('on')}` : `○ ${t('off')}`), csv: (c) => String(c.active) },
    { key: 'key', title: t('has_key'), render: (c) => (c.has_key ? t('yes') : '—'), csv: (c) => String(c.has_key) },
    { key: 'spill', title: t('spill'), render: (c) => (c.spill ? t('yes') : '—'), csv: (c) => String(c.spill) },
    ...(mayEditTicketing(role) ? [{ key: 'actions', title: t('actions'), render: (c: Channel) => <div className="row-actions"><Button size="small" danger={c.active} onClick={() => setTurning(c)}>{t(c.active ? 'turn_off' : 'turn_on')}</Button>{own(c) ? null : <><ChannelKey channel={c} /><Allotments channel={c} /></>}</div> }] : []),
  ]
  return (
    <>
      <PageHeader title={t('channels')} about={t('channels_about')} />
      <DataTable<Channel>
        name="booking-channels" caption={t('channels')} columns={columns} filters={[]} rowKey={(c) => c.channel} empty={t('channels_empty')}
        load={async (_, signal) => ({ rows: (await ask(api.GET('/api/v1/ticketing/channels', { signal }))).channels })}
      />
      {turning ? (
        <ReasonModal
          open danger={turning.active} title={t(turning.active ? 'turn_off_title' : 'turn_on_title', { name: turning.name })} confirm={t(turning.active ? 'turn_off' : 'turn_on')} onClose={() => setTurning(undefined)}
          onConfirm={async (reason) => {
            const { channel, name, name_en, kind, spill, active } = turning
            await ask(api.PUT('/api/v1/ticketing/channels/{channel}', { params: { path: { channel }, header: because(reason) }, body: { name, kind, spill, active: !active, ...(name_en ? { name_en } : {}) } }))
            await client.invalidateQueries({ queryKey: ['table', 'booking-channels'] })
          }}
        >
          <p>{t(turning.active ? 'turn_off_about' : 'turn_on_about')}</p>
        </ReasonModal>
      ) : null}
    </>
  )
}
