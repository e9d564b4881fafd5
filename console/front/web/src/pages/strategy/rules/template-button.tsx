import { Button, Modal } from 'antd'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { useWords } from '../../../i18n'
import { templateNames } from './templates'

/** Begins a rule from one of the templates. */
export function TemplateButton() {
  const t = useWords('strategy')
  const navigate = useNavigate()
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button type="primary" onClick={() => setOpen(true)}>{t('from_template')}</Button>
      <Modal open={open} title={t('template_title')} footer={null} onCancel={() => setOpen(false)}>
        <div className="templates">
          {templateNames.map((name) => (
            <Button key={name} onClick={() => void navigate(`/rules/new?template=${name}`)}>
              <span><strong>{t(`template_${name}`)}</strong><span>{t(`template_${name}_about`)}</span></span>
            </Button>
          ))}
        </div>
      </Modal>
    </>
  )
}
