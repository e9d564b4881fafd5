import { useMutation, useQuery } from '@tanstack/react-query'
import { Alert, Button, Modal, Spin } from 'antd'
import { useEffect, useRef } from 'react'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ErrorCard } from '../../../ui'
import { settled, type Channel } from './model'

interface TestChannelProps {
  channel: Channel
  onClose: () => void
}

/** Sends a test message and watches what becomes of it. */
export function TestChannel({ channel, onClose }: TestChannelProps) {
  const t = useWords('notifications')
  const ui = useWords('ui')
  const send = useMutation({ mutationFn: () => ask(api.POST('/api/v1/notifications/channels/{id}/test', { params: { path: { id: channel.id } } })) })
  const begun = useRef(false)
  const { mutate } = send
  useEffect(() => {
    if (begun.current) return
    begun.current = true
    mutate()
  }, [mutate])
  const id = send.data?.delivery_id
  const delivery = useQuery({
    queryKey: ['delivery', id], enabled: id !== undefined,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/notifications/deliveries', { params: { query: { id: id ?? '' } }, signal }))).deliveries?.[0] ?? null,
    refetchInterval: (query) => (settled(query.state.data?.state ?? '') ? false : 700),
  })
  const now = delivery.data
  const failed = send.error ?? delivery.error
  return (
    <Modal open title={t('test_title', { name: channel.name })} onCancel={onClose} footer={<Button type="primary" onClick={onClose}>{t('close')}</Button>}>
      <div role="status" aria-live="polite">
        {failed ? <ErrorCard error={failed} />
          : now?.state === 'sent' ? <Alert type="success" showIcon title={t('test_sent')} />
          : now?.state === 'unknown' ? <Alert type="warning" showIcon title={t('test_unknown')} description={now.last_error} />
          : now?.state === 'failed' ? <Alert type="error" showIcon title={t('test_failed')} description={now.last_error} />
          : (
            <>
              <p><Spin size="small" aria-label={ui('loading')} /> {t('test_waiting', { n: now?.attempts ?? 0 })}</p>
              {now?.last_error ? <p className="muted">{now.last_error}</p> : null}
            </>
          )}
      </div>
    </Modal>
  )
}
