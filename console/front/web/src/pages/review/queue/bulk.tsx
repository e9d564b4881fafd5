import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, App, InputNumber, Radio, Space } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { Loaded, ReasonModal } from '../../../ui'
import { exceptDays, verbs, type Verb } from '../model'
import { Subject } from '../parts/names'
import { useTakeBack } from '../parts/use-take-back'

interface BulkProps {
  ids: readonly string[]
  onClose: () => void
  onDone: () => void
}

/** Decides many cases at once: what would be touched, its number typed, a reason. */
export function Bulk({ ids, onClose, onDone }: BulkProps) {
  const t = useWords('review')
  const { message } = App.useApp()
  const client = useQueryClient()
  const offerTakeBack = useTakeBack()
  const [verb, setVerb] = useState<Verb>('watch')
  const [days, setDays] = useState<number>(exceptDays.usual)
  const [typed, setTyped] = useState<number | null>(null)
  const excepted = verb === 'clear' ? days : 0
  const preview = useQuery({
    queryKey: ['preview', ids, verb, excepted], gcTime: 0, staleTime: Infinity, retry: false,
    queryFn: ({ signal }) => ask(api.POST('/api/v1/cases/preview', { body: { cases: [...ids], decision: verb, ...(excepted ? { except_days: excepted } : {}) }, signal })),
  })
  return (
    <ReasonModal
      open title={t('bulk_title', { n: ids.length })} confirm={t(`verb_${verb}`)} danger={verb === 'confirm'} onClose={onClose}
      ready={preview.data !== undefined && typed === preview.data.count}
      onConfirm={async (reason) => {
        if (!preview.data) return
        const result = await ask(api.POST('/api/v1/cases/bulk', { body: { token: preview.data.token, count: preview.data.count, reason } }))
        const conflicts = (result.conflicts ?? []).length
        void (conflicts > 0 ? message.warning : message.success)(t('bulk_done', { n: (result.done ?? []).length, conflicts }))
        if (verb === 'confirm' && (result.done ?? []).length > 0) offerTakeBack(result.done ?? [])
        await client.invalidateQueries({ queryKey: ['table', 'cases'] })
        onDone()
      }}
    >
      <Space orientation="vertical" className="gap-below">
        <Radio.Group value={verb} onChange={(e) => setVerb(verbs.find((v) => v === e.target.value) ?? 'watch')} options={verbs.map((v) => ({ value: v, label: t(`verb_${v}`) }))} />
        {verb === 'clear' ? <Days value={days} onChange={setDays} /> : null}
      </Space>
      <Loaded query={preview}>
        {(p) => (
          <div className="preview">
            <p>{t(`bulk_effect_${verb}`, { n: p.count, days: excepted })}</p>
            <details>
              <summary>{t('bulk_whom', { n: p.count })}</summary>
              <ul className="findings">{(p.cases ?? []).map((c) => <li key={c.id}><Subject target={c.subject} /></li>)}</ul>
            </details>
          </div>
        )}
      </Loaded>
      <Alert type="warning" showIcon title={t('bulk_type', { n: preview.data?.count ?? ids.length })} className="gap-below" />
      <InputNumber value={typed} onChange={setTyped} min={1} max={500} precision={0} aria-label={t('bulk_type_label')} className="gap-below" />
    </ReasonModal>
  )
}

/** For how many days an exception holds; 0: none. */
export function Days({ value, onChange }: { value: number; onChange: (days: number) => void }) {
  const t = useWords('review')
  return (
    <label>
      {t('except_days')}{' '}
      <InputNumber value={value} onChange={(v) => onChange(v ?? 0)} min={0} max={exceptDays.most} precision={0} />{' '}
      <span className="muted">{t('except_none')}</span>
    </label>
  )
}
