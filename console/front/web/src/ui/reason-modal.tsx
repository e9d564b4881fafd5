import { Form, Input, Modal } from 'antd'
import { useState, type ReactNode } from 'react'
import { useWords } from '../i18n'
import { ErrorCard } from './error-card'
import { useAttempt } from './use-attempt'

interface ReasonModalProps {
  open: boolean
  title: string
  /** What will happen, to whom; a preview. */
  children?: ReactNode
  confirm: string
  danger?: boolean
  /** Does it; what it throws is shown and the reason kept. */
  onConfirm: (reason: string) => Promise<void>
  onClose: () => void
  /** Bounds of the reason, as the API has them. */
  min?: number
  max?: number
  /** Also needed before it can be confirmed, such as a typed count. */
  ready?: boolean
}

/** Asks for a reason before something is done; every change has one. */
export function ReasonModal({ open, title, children, confirm, danger = false, onConfirm, onClose, min = 3, max = 500, ready = true }: ReasonModalProps) {
  const t = useWords('ui')
  const [reason, setReason] = useState('')
  const { busy, failed, attempt } = useAttempt()
  const long = reason.trim().length
  const run = async () => {
    if (long < min || busy || !ready) return
    await attempt(async () => {
      await onConfirm(reason.trim())
      setReason('')
      onClose()
    })
  }
  return (
    <Modal
      open={open} title={title} okText={confirm} cancelText={t('cancel')} onOk={() => void run()} onCancel={onClose}
      confirmLoading={busy} okButtonProps={{ danger, disabled: long < min || !ready }} mask={{ closable: false }}
    >
      {children}
      <Form layout="vertical" onFinish={() => void run()}>
        <Form.Item label={t('reason')} required extra={t('reason_help', { min, max })}>
          <Input.TextArea
            value={reason} onChange={(e) => setReason(e.target.value)} maxLength={max} rows={3} aria-label={t('reason')}
          />
        </Form.Item>
      </Form>
      {failed === undefined ? null : <ErrorCard error={failed} />}
    </Modal>
  )
}
