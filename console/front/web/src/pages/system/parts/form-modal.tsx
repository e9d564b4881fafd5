import { Form, Input, Modal } from 'antd'
import { type ReactNode } from 'react'
import { useWords } from '../../../i18n'
import { ErrorCard } from '../../../ui/error-card'
import { useAttempt } from '../../../ui/use-attempt'

interface FormModalProps<Values> {
  open: boolean
  title: string
  confirm: string
  initial?: Partial<Values>
  /** Fields besides the reason. */
  children: ReactNode
  /** Does it; what it throws is shown and what was typed kept. */
  onConfirm: (values: Values & { reason: string }) => Promise<void>
  onClose: () => void
}

/** A form in a dialog that ends with the reason. */
export function FormModal<Values extends object>({ open, title, confirm, initial, children, onConfirm, onClose }: FormModalProps<Values>) {
  const t = useWords('ui')
  const [form] = Form.useForm<Values & { reason: string }>()
  const { busy, failed, attempt } = useAttempt()
  const submit = (values: Values & { reason: string }) => attempt(async () => {
    await onConfirm(values)
    form.resetFields()
    onClose()
  })
  return (
    <Modal open={open} title={title} okText={confirm} cancelText={t('cancel')} confirmLoading={busy} onOk={() => form.submit()} onCancel={onClose} mask={{ closable: false }}>
      <Form form={form} layout="vertical" requiredMark={false} {...(initial ? { initialValues: initial } : {})} onFinish={(values) => void submit(values as Values & { reason: string })}>
        {children}
        <Form.Item name="reason" label={t('reason')} extra={t('reason_help', { min: 3, max: 500 })} rules={[{ required: true, min: 3, message: t('reason_help', { min: 3, max: 500 }) }]}>
          <Input.TextArea rows={2} maxLength={500} />
        </Form.Item>
      </Form>
      {failed === undefined ? null : <ErrorCard error={failed} />}
    </Modal>
  )
}
