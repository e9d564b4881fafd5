import { useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ReasonModal } from '../../../ui'
import { OneTime } from '../../system/parts/one-time'
import { because } from '../booking'

/** Gives a channel a key, in place of the one it has, and shows it this once. */
export function ChannelKey({ channel }: { channel: Schema<'TicketingChannel'> }) {
  const t = useWords('ticketing')
  const client = useQueryClient()
  const [open, setOpen] = useState(false)
  const [key, setKey] = useState<string>()
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)} aria-label={`${t('channel_key')} ${channel.channel}`}>{t('channel_key')}</Button>
      <ReasonModal
        open={open} danger={channel.has_key} title={t('channel_key_title', { name: channel.name })} confirm={t('channel_key')} onClose={() => setOpen(false)}
        onConfirm={async (reason) => {
          const made = await ask(api.POST('/api/v1/ticketing/channels/{channel}/key', { params: { path: { channel: channel.channel }, header: because(reason) } }))
          setKey(made.key)
          await client.invalidateQueries({ queryKey: ['table', 'booking-channels'] })
        }}
      >
        <p>{t(channel.has_key ? 'channel_key_again' : 'channel_key_first')}</p>
      </ReasonModal>
      <OneTime title={t('channel_key')} note={t('channel_key_note')} secret={key} onClose={() => setKey(undefined)} />
    </>
  )
}
