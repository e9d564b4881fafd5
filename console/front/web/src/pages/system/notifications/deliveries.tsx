import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Modal, Select } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { DataTable, ErrorCard, exportTime, param, Time, useUrlState, type Column } from '../../../ui'
import { deliveryStates, isDeliveryState, isMessageKind, type Delivery } from './model'
import { useMayEdit } from './use-may-edit'
import './notifications.css'

const shape = { channel: param.text('', 64), state: param.maybe(deliveryStates) }
const signs: Record<string, string> = { queued: '…', sending: '→', sent: '✓', unknown: '?', failed: '✕' }

/** What went out, over which channel, and what became of it. */
export function Deliveries() {
  const t = useWords('notifications')
  const [{ channel, state }, set] = useUrlState(shape)
  const [again, setAgain] = useState<Delivery>()
  const mayEdit = useMayEdit()
  const channels = useQuery({ queryKey: ['channels'], queryFn: ({ signal }) => ask(api.GET('/api/v1/notifications/channels', { signal })) })
  const columns: Column<Delivery>[] = [
    { key: 'message', title: t('message'), render: (d) => <Message delivery={d} />, csv: (d) => d.text.title },
    { key: 'state', title: t('state'), render: (d) => <span className={`delivery-${d.state}`}><span aria-hidden="true">{signs[d.state]}</span> {isDeliveryState(d.state) ? t(`state_${d.state}`) : d.state}</span>, csv: (d) => d.state },
    { key: 'channel', title: t('channel'), render: (d) => d.channel, csv: (d) => d.channel },
    { key: 'attempts', title: t('attempts'), align: 'right', render: (d) => d.attempts, csv: (d) => d.attempts },
    { key: 'error', title: t('last_error'), render: (d) => <span className="delivery-error">{d.last_error || '—'}</span>, csv: (d) => d.last_error ?? '' },
    { key: 'next', title: t('next_at'), render: (d) => <Time value={d.next_at} />, csv: (d) => (d.next_at ? exportTime(d.next_at) : ''), phone: false },
    { key: 'created', title: t('created'), render: (d) => <Time value={d.created_at} />, csv: (d) => exportTime(d.created_at) },
    { key: 'updated', title: t('result_at'), render: (d) => <Time value={d.updated_at} />, csv: (d) => exportTime(d.updated_at), phone: false },
    ...(mayEdit ? [{ key: 'actions', title: t('actions'), render: (d: Delivery) => (d.state === 'failed' || d.state === 'unknown' ? <Button size="small" onClick={() => setAgain(d)}>{t('again')}</Button> : '—') }] : []),
  ]
  return (
    <>
      <DataTable<Delivery>
        name="deliveries" caption={t('tab_deliveries')} columns={columns} filters={[channel, state ?? '']} rowKey={(d) => d.id} refresh={5_000}
        empty={channel || state ? t('deliveries_filtered') : t('deliveries_empty')}
        load={async (cursor, signal) => {
          const query = { limit: 50, ...(cursor ? { cursor } : {}), ...(channel ? { channel } : {}), ...(state ? { state } : {}) }
          const { deliveries, next } = await ask(api.GET('/api/v1/notifications/deliveries', { params: { query }, signal }))
          return { rows: deliveries ?? [], next }
        }}
        toolbar={
          <>
            <Select value={channel} onChange={(to) => set({ channel: to })} aria-label={t('channel')} popupMatchSelectWidth={false} options={[{ value: '', label: t('any_channel') }, ...(channels.data?.channels ?? []).map((c) => ({ value: c.id, label: c.name }))]} />
            <Select value={state ?? ''} onChange={(to) => set({ state: isDeliveryState(to) ? to : undefined })} aria-label={t('state')} popupMatchSelectWidth={false} options={[{ value: '', label: t('any_state') }, ...deliveryStates.map((s) => ({ value: s as string, label: t(`state_${s}`) }))]} />
          </>
        }
      />
      {again ? <Again delivery={again} onClose={() => setAgain(undefined)} /> : null}
    </>
  )
}

function Message({ delivery }: { delivery: Delivery }) {
  const t = useWords('notifications')
  return (
    <details className="delivery-text">
      <summary>{delivery.text.title}</summary>
      <p>{delivery.text.body}</p>
      <p className="muted">{isMessageKind(delivery.kind) ? t(`about_${delivery.kind}`) : delivery.kind}</p>
    </details>
  )
}

/** Sends once more what failed, or whose fate is unknown. */
function Again({ delivery, onClose }: { delivery: Delivery; onClose: () => void }) {
  const t = useWords('notifications')
  const ui = useWords('ui')
  const client = useQueryClient()
  const [failed, setFailed] = useState<unknown>()
  const run = async () => {
    try {
      await ask(api.POST('/api/v1/notifications/deliveries/{id}/again', { params: { path: { id: delivery.id } } }))
      await client.invalidateQueries({ queryKey: ['table', 'deliveries'] })
      onClose()
    } catch (error) {
      setFailed(error)
    }
  }
  return (
    <Modal open title={t('again_title')} okText={t('again')} cancelText={ui('cancel')} onOk={() => void run()} onCancel={onClose}>
      <p>{delivery.text.title}</p>
      {delivery.state === 'unknown' ? <p className="muted">{t('again_about')}</p> : null}
      {failed === undefined ? null : <ErrorCard error={failed} />}
    </Modal>
  )
}
