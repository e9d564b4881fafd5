import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Checkbox, Drawer, Form, Input, InputNumber, Space } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ErrorCard, ReasonModal, usePhone } from '../../../ui'
import { because } from '../booking'
import { planOf, slotsOf, weekdays, type PlanForm } from './plan'
import { Planned } from './planned'

interface PlanDrawerProps {
  pool: string
  month: string
  onClose: () => void
}

/** Opens a month by weekdays; what it would do is shown before it is done. */
export function PlanDrawer({ pool, month, onClose }: PlanDrawerProps) {
  const t = useWords('ticketing')
  const ui = useWords('ui')
  const phone = usePhone()
  const client = useQueryClient()
  const [form, setForm] = useState<PlanForm>({ weekdays: ['tue', 'wed', 'thu', 'fri', 'sat', 'sun'], capacity: 200, slots: '', closed: '' })
  const [confirming, setConfirming] = useState(false)
  const params = { path: { pool } }
  const preview = useMutation({ mutationFn: (plan: PlanForm) => ask(api.POST('/api/v1/ticketing/pools/{pool}/plan', { params, body: { ...planOf(plan, month), dry_run: true } })) })
  const set = (change: Partial<PlanForm>) => {
    setForm((before) => ({ ...before, ...change }))
    preview.reset()
  }
  const badSlots = slotsOf(form.slots) === undefined
  return (
    <Drawer
      open onClose={onClose} size={phone ? '100%' : 640} title={t('plan_month_of', { month, pool })}
      footer={
        <Space>
          {preview.isSuccess
            ? <Button type="primary" onClick={() => setConfirming(true)}>{t('plan_do')}</Button>
            : <Button type="primary" loading={preview.isPending} disabled={badSlots || form.weekdays.length === 0} onClick={() => preview.mutate(form)}>{t('plan_preview')}</Button>}
          <Button onClick={onClose}>{ui('cancel')}</Button>
        </Space>
      }
    >
      <Form layout="vertical">
        <Form.Item label={t('open_on')}>
          <Checkbox.Group value={form.weekdays} onChange={(days) => set({ weekdays: days })} options={weekdays.map((d) => ({ value: d, label: t(`weekday_${d}`) }))} />
        </Form.Item>
        <Form.Item label={t('capacity_a_day')} htmlFor="plan-capacity">
          <InputNumber id="plan-capacity" min={0} max={1_000_000} precision={0} value={form.capacity} disabled={form.slots.trim() !== ''} onChange={(capacity) => set({ capacity: capacity ?? 0 })} />
        </Form.Item>
        <Form.Item label={t('slots')} htmlFor="plan-slots" extra={t('slots_help')} {...(badSlots ? { validateStatus: 'error' as const, help: t('bad_slots') } : {})}>
          <Input.TextArea id="plan-slots" rows={3} maxLength={2000} value={form.slots} onChange={(e) => set({ slots: e.target.value })} />
        </Form.Item>
        <Form.Item label={t('closed_days')} htmlFor="plan-closed" extra={t('closed_help')}>
          <Input.TextArea id="plan-closed" rows={2} maxLength={2000} value={form.closed} onChange={(e) => set({ closed: e.target.value })} />
        </Form.Item>
      </Form>
      {preview.isError ? <ErrorCard error={preview.error} /> : null}
      {preview.data ? <Planned planned={preview.data} /> : null}
      {confirming ? (
        <ReasonModal
          open title={t('plan_month')} confirm={t('plan_do')} onClose={() => setConfirming(false)}
          onConfirm={async (reason) => {
            await ask(api.POST('/api/v1/ticketing/pools/{pool}/plan', { params: { ...params, header: because(reason) }, body: planOf(form, month) }))
            await client.invalidateQueries({ queryKey: ['ticketing'] })
            onClose()
          }}
        />
      ) : null}
    </Drawer>
  )
}
