import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../api/client'
import { useOperator } from '../../api/session'
import { useWords } from '../../i18n'
import { ErrorCard, ReasonModal } from '../../ui'
import { mayTake, type Alert } from './model'
import { SilenceModal } from './silence-modal'

/** What any change of an alert makes out of date. */
export function useAlertsChanged(): () => Promise<void> {
  const client = useQueryClient()
  return async () => {
    await Promise.all([
      client.invalidateQueries({ queryKey: ['alert'] }), client.invalidateQueries({ queryKey: ['table', 'alerts'] }),
      client.invalidateQueries({ queryKey: ['table', 'silences'] }), client.invalidateQueries({ queryKey: ['alerts'] }),
    ])
  }
}

interface TakeProps {
  alert: Alert
  onFailed?: (error: unknown) => void
}

/** Takes an alert with one press. */
export function TakeButton({ alert, onFailed }: TakeProps) {
  const t = useWords('alerts')
  const changed = useAlertsChanged()
  const { role } = useOperator()
  const take = useMutation({
    mutationFn: () => ask(api.POST('/api/v1/alerts/{id}/acknowledge', { params: { path: { id: alert.id } } })),
    onError: (error) => onFailed?.(error),
    onSettled: changed,
  })
  if (alert.state !== 'firing' || !mayTake(role)) return null
  return <Button type="primary" loading={take.isPending} onClick={() => take.mutate()}>{t('take')}</Button>
}

/** All that can be done with an alert, where the operator may. */
export function AlertActions({ alert }: { alert: Alert }) {
  const t = useWords('alerts')
  const changed = useAlertsChanged()
  const { role } = useOperator()
  const [failed, setFailed] = useState<unknown>()
  const [open, setOpen] = useState<'silence' | 'close'>()
  if (alert.state === 'closed' || !mayTake(role)) return null
  return (
    <>
      {failed === undefined ? null : <ErrorCard error={failed} onRetry={() => setFailed(undefined)} />}
      <div className="thumb-bar page-actions">
        <TakeButton alert={alert} onFailed={setFailed} />
        <Button onClick={() => setOpen('silence')}>{t('silence')}</Button>
        <Button onClick={() => setOpen('close')}>{t('close')}</Button>
      </div>
      {open === 'silence' ? <SilenceModal alert={alert} onClose={() => setOpen(undefined)} onSilenced={changed} /> : null}
      <ReasonModal
        open={open === 'close'} title={t('close_title')} confirm={t('close')} onClose={() => setOpen(undefined)}
        onConfirm={async (note) => {
          await ask(api.POST('/api/v1/alerts/{id}/close', { params: { path: { id: alert.id } }, body: { note } }))
          await changed()
        }}
      >
        <p>{t('close_about')}</p>
      </ReasonModal>
    </>
  )
}
