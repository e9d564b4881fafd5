import { useMutation } from '@tanstack/react-query'
import { Modal } from 'antd'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ErrorCard } from '../../../ui'
import type { Silence } from '../model'

interface EndSilenceProps {
  silence: Silence
  covers: string
  onClose: () => void
  onEnded: () => Promise<void>
}

/** Ends a silence early, after asking. */
export function EndSilence({ silence, covers, onClose, onEnded }: EndSilenceProps) {
  const t = useWords('alerts')
  const ui = useWords('ui')
  const end = useMutation({
    mutationFn: async () => {
      await ask(api.POST('/api/v1/silences/{id}/end', { params: { path: { id: silence.id } } }))
      await onEnded()
    },
    onSuccess: onClose,
  })
  return (
    <Modal open title={t('end_title')} okText={t('end_confirm')} cancelText={ui('cancel')} onOk={() => end.mutate()} onCancel={onClose} confirmLoading={end.isPending}>
      <p>{covers}</p>
      <p className="muted">{t('end_about')}</p>
      {end.isError ? <ErrorCard error={end.error} /> : null}
    </Modal>
  )
}
