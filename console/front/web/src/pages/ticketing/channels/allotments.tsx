import { Button, DatePicker, Form, Input, InputNumber, Modal, Select } from 'antd'
import type { Dayjs } from 'dayjs'
import { useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useLanguage, useWords } from '../../../i18n'
import { momentAtVenue, PlainTable, Time } from '../../../ui'
import { FormModal } from '../../system/parts/form-modal'
import { because, usePools } from '../booking'
import { nameOf } from '../model'

interface Wanted {
  pool: string
  date: Dayjs
  slot?: string
  quantity: number
  /** Wall clock at the venue; without it the places are kept for good. */
  release?: Dayjs
}

type Status = Schema<'TicketingAllotmentStatus'>

/** Keeps places of a pool's day for a channel, and shows how the channel then stands. */
export function Allotments({ channel }: { channel: Schema<'TicketingChannel'> }) {
  const t = useWords('ticketing')
  const ui = useWords('ui')
  const language = useLanguage()
  const pools = usePools().data?.pools ?? []
  const [open, setOpen] = useState(false)
  const [found, setFound] = useState<readonly Status[]>()
  const put = async ({ pool, date, slot, quantity, release, reason }: Wanted & { reason: string }) => {
    const one = {
      date: date.format('YYYY-MM-DD'), quantity, ...(slot ? { slot } : {}), ...(release ? { release_at: momentAtVenue(release.format('YYYY-MM-DD HH:mm')).toISOString() } : {}),
    }
    const answer = await ask(api.PUT('/api/v1/ticketing/channels/{channel}/allotments', { params: { path: { channel: channel.channel }, header: because(reason) }, body: { pool, allotments: [one] } }))
    setFound(answer.allotments)
  }
  const required = [{ required: true, message: ui('required') }]
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)} aria-label={`${t('allotments')} ${channel.channel}`}>{t('allotments')}</Button>
      <FormModal<Wanted> open={open} title={t('allotments_title', { name: channel.name })} confirm={t('allotments_set')} onConfirm={put} onClose={() => setOpen(false)}>
        <p className="muted">{t('allotments_about')}</p>
        <Form.Item name="pool" label={t('pool')} rules={required}><Select options={pools.map((p) => ({ value: p.pool, label: nameOf(p.name, p.name_en, language) }))} /></Form.Item>
        <Form.Item name="date" label={t('date')} rules={required}><DatePicker /></Form.Item>
        <Form.Item name="slot" label={t('allotment_slot')} rules={[{ pattern: /^([01]\d|2[0-3]):[0-5]\d$/, message: t('allotment_slot_rule') }]}><Input placeholder="09:00" maxLength={5} /></Form.Item>
        <Form.Item name="quantity" label={t('allotment_quantity')} rules={required}><InputNumber min={0} max={1_000_000} precision={0} /></Form.Item>
        <Form.Item name="release" label={t('allotment_release')} extra={t('allotment_release_note')}><DatePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" /></Form.Item>
      </FormModal>
      <Modal open={found !== undefined} footer={null} title={t('allotments_title', { name: channel.name })} onCancel={() => setFound(undefined)} width={720}>
        <PlainTable<Status>
          caption={t('allotments_title', { name: channel.name })} rowKey={(a) => `${a.date} ${a.slot ?? ''}`} dataSource={[...(found ?? [])]}
          columns={[
            { key: 'date', title: t('date'), render: (_, a) => `${a.date} ${a.slot ?? ''}` },
            { key: 'quantity', title: t('allotment_quantity'), render: (_, a) => a.quantity },
            { key: 'taken', title: t('allotment_taken'), render: (_, a) => a.taken },
            { key: 'left', title: t('allotment_left'), render: (_, a) => a.left },
            { key: 'release', title: t('allotment_release'), render: (_, a) => <Time value={a.release_at} to="minute" /> },
          ]}
        />
      </Modal>
    </>
  )
}
