import { CopyOutlined } from '@ant-design/icons'
import { Button, Modal } from 'antd'
import { useState } from 'react'
import { useWords } from '../../../i18n'

interface OneTimeProps {
  title: string
  /** How it is used. */
  note: string
  secret: string | undefined
  onClose: () => void
}

/** A password or a key that is shown this once. */
export function OneTime({ title, note, secret, onClose }: OneTimeProps) {
  const t = useWords('system')
  const [copied, setCopied] = useState(false)
  const copy = () => {
    if (secret) void navigator.clipboard.writeText(secret).then(() => setCopied(true))
  }
  return (
    <Modal
      open={secret !== undefined} title={title} onCancel={onClose} mask={{ closable: false }} afterClose={() => setCopied(false)}
      footer={<Button type="primary" onClick={onClose}>{t('secret_kept')}</Button>}
    >
      <p>{note}</p>
      <p className="secret">
        <code>{secret}</code> <Button icon={<CopyOutlined />} onClick={copy}>{copied ? t('copied') : t('copy')}</Button>
      </p>
    </Modal>
  )
}
