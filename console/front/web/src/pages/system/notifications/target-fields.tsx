import { Button, Form, Input, Space } from 'antd'
import { useWords } from '../../../i18n'
import { newSigningKey, type ChannelForm, type Fault, type Wants } from './model'

interface TargetFieldsProps {
  form: ChannelForm
  set: (change: Partial<ChannelForm>) => void
  wants: Wants
  faults: readonly Fault[]
  /** Where a changed channel leads now, its secrets left out. */
  hint?: string
}

/** Where a channel leads: an address and what signs, or people. */
export function TargetFields({ form, set, wants, faults, hint }: TargetFieldsProps) {
  const t = useWords('notifications')
  const fault = (...of: Fault[]) => {
    const found = faults.find((f) => of.includes(f))
    return found ? { validateStatus: 'error' as const, help: t(found) } : {}
  }
  const kept = hint === undefined ? '' : ` ${t('url_kept', { hint })}`
  return (
    <>
      {wants.url ? (
        <Form.Item label={t('url')} required={hint === undefined} htmlFor="channel-url" extra={t('url_help') + kept} {...fault('bad_url', 'url_and_key')}>
          <Input id="channel-url" value={form.url} maxLength={1000} onChange={(e) => set({ url: e.target.value })} autoComplete="off" spellCheck={false} />
        </Form.Item>
      ) : null}
      {wants.key !== 'none' ? (
        <Form.Item label={t('key')} required={wants.key === 'needed' && hint === undefined} htmlFor="channel-key" extra={wants.key === 'needed' ? t('key_webhook') : t('key_robot')} {...fault('bad_key')}>
          <Space.Compact block>
            <Input id="channel-key" value={form.key} maxLength={200} onChange={(e) => set({ key: e.target.value })} autoComplete="off" spellCheck={false} />
            {wants.key === 'needed' ? <Button onClick={() => set({ key: newSigningKey() })}>{t('key_make')}</Button> : null}
          </Space.Compact>
        </Form.Item>
      ) : null}
      {wants.to !== 'none' ? (
        <Form.Item label={wants.to === 'email' ? t('to_email') : t('to_phone')} required={hint === undefined} htmlFor="channel-to" extra={t('to_help') + kept} {...fault('bad_to')}>
          <Input.TextArea id="channel-to" value={form.to} rows={3} maxLength={5000} onChange={(e) => set({ to: e.target.value })} autoComplete="off" spellCheck={false} />
        </Form.Item>
      ) : null}
    </>
  )
}
