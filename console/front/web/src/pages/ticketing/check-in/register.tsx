import { useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input, Radio, Select } from 'antd'
import { useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useLanguage, useWords } from '../../../i18n'
import { FormModal } from '../../system/parts/form-modal'
import { OneTime } from '../../system/parts/one-time'
import { because, usePools } from '../booking'
import { nameOf } from '../model'

type Setting = Schema<'TicketingSetting'>
const kinds = ['handheld', 'standing'] as const

/** Registers a terminal and shows its key this once. */
export function RegisterTerminal() {
  const t = useWords('ticketing')
  const ui = useWords('ui')
  const language = useLanguage()
  const client = useQueryClient()
  const pools = usePools().data?.pools ?? []
  const [open, setOpen] = useState(false)
  const [key, setKey] = useState<string>()
  const register = async ({ reason, ...setting }: Setting & { reason: string }) => {
    const made = await ask(api.POST('/api/v1/ticketing/terminals', { params: { header: because(reason) }, body: setting }))
    setKey(made.key)
    await client.invalidateQueries({ queryKey: ['table', 'terminals'] })
  }
  const required = [{ required: true, message: ui('required') }]
  return (
    <>
      <Button type="primary" onClick={() => setOpen(true)}>{t('terminal_register')}</Button>
      <FormModal<Setting> open={open} title={t('terminal_register')} confirm={t('terminal_register')} initial={{ kind: 'handheld' }} onConfirm={register} onClose={() => setOpen(false)}>
        <Form.Item name="name" label={t('name')} rules={required}><Input autoComplete="off" maxLength={60} /></Form.Item>
        <Form.Item name="kind" label={t('kind')} rules={required}><Radio.Group options={kinds.map((k) => ({ value: k, label: t(`terminal_${k}`) }))} /></Form.Item>
        <Form.Item name="gate" label={t('gate')} rules={required}><Input autoComplete="off" maxLength={60} /></Form.Item>
        <Form.Item name="pools" label={t('pools')} rules={required}>
          <Select mode="multiple" options={pools.map((p) => ({ value: p.pool, label: nameOf(p.name, p.name_en, language) }))} />
        </Form.Item>
      </FormModal>
      <OneTime title={t('terminal_key')} note={t('terminal_key_note')} secret={key} onClose={() => setKey(undefined)} />
    </>
  )
}
