import { Button, Checkbox, Drawer, Form, Input, Select, Space, Switch } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ErrorCard, useAttempt, usePhone } from '../../../ui'
import { bodyOf, channelKinds, emptyForm, faultsOf, formOf, languages, messageKinds, severities, wantsOf, type Channel, type ChannelForm } from './model'
import { TargetFields } from './target-fields'

interface ChannelDrawerProps {
  /** The channel that is changed; absent for a new one. */
  channel?: Channel
  onClose: () => void
  onSaved: () => Promise<void>
}

/** Sets up a channel, or changes one; where it leads is never shown again. */
export function ChannelDrawer({ channel, onClose, onSaved }: ChannelDrawerProps) {
  const t = useWords('notifications')
  const ui = useWords('ui')
  const phone = usePhone()
  const [form, setForm] = useState<ChannelForm>(() => (channel ? formOf(channel) : emptyForm))
  const [tried, setTried] = useState(false)
  const { busy, failed, attempt } = useAttempt()
  const set = (change: Partial<ChannelForm>) => setForm((before) => ({ ...before, ...change }))
  const faults = faultsOf(form, channel !== undefined)
  const reasoned = form.reason.trim().length >= 3
  const save = async () => {
    setTried(true)
    if (faults.length > 0 || !reasoned || !form.name.trim()) return
    await attempt(async () => {
      const body = bodyOf(form, channel?.version)
      await ask(channel
        ? api.PUT('/api/v1/notifications/channels/{id}', { params: { path: { id: channel.id } }, body })
        : api.POST('/api/v1/notifications/channels', { body }))
      await onSaved()
      onClose()
    })
  }
  return (
    <Drawer
      open onClose={onClose} size={phone ? '100%' : 520} title={channel ? t('change_channel') : t('new_channel')} mask={{ closable: false }}
      footer={<Space><Button type="primary" loading={busy} onClick={() => void save()}>{t('save')}</Button><Button onClick={onClose}>{ui('cancel')}</Button></Space>}
    >
      <Form layout="vertical" onFinish={() => void save()}>
        <Form.Item label={t('name')} required htmlFor="channel-name" {...(tried && !form.name.trim() ? { validateStatus: 'error' as const, help: ui('required') } : {})}>
          <Input id="channel-name" value={form.name} maxLength={60} onChange={(e) => set({ name: e.target.value })} />
        </Form.Item>
        <Form.Item label={t('kind')} htmlFor="channel-kind">
          <Select
            id="channel-kind" value={form.kind} disabled={channel !== undefined} onChange={(kind) => set({ kind, url: '', key: '', to: '' })} aria-label={t('kind')}
            options={channelKinds.map((kind) => ({ value: kind, label: t(`kind_${kind}`) }))}
          />
        </Form.Item>
        <TargetFields form={form} set={set} wants={wantsOf(form.kind)} faults={tried ? faults : []} {...(channel ? { hint: channel.hint } : {})} />
        <Form.Item label={t('language')}>
          <Select value={form.language} onChange={(language) => set({ language })} aria-label={t('language')} options={languages.map((l) => ({ value: l, label: t(`language_${l}`) }))} />
        </Form.Item>
        <Form.Item label={t('least')}>
          <Select value={form.least} onChange={(least) => set({ least })} aria-label={t('least')} options={severities.map((s) => ({ value: s, label: t(`least_${s}`) }))} />
        </Form.Item>
        <Form.Item label={t('only')} extra={form.only.length === 0 ? t('only_all') : undefined}>
          <Checkbox.Group value={form.only} onChange={(only) => set({ only })} options={messageKinds.filter((k) => k !== 'test').map((k) => ({ value: k, label: t(`about_${k}`) }))} />
        </Form.Item>
        <Form.Item label={t('enabled')}>
          <Switch checked={form.enabled} onChange={(enabled) => set({ enabled })} aria-label={t('enabled')} />
        </Form.Item>
        <Form.Item label={ui('reason')} required htmlFor="channel-reason" extra={ui('reason_help', { min: 3, max: 500 })} {...(tried && !reasoned ? { validateStatus: 'error' as const } : {})}>
          <Input.TextArea id="channel-reason" value={form.reason} rows={2} maxLength={500} onChange={(e) => set({ reason: e.target.value })} />
        </Form.Item>
      </Form>
      {failed === undefined ? null : <ErrorCard error={failed} />}
    </Drawer>
  )
}
