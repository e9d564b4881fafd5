import { useQuery } from '@tanstack/react-query'
import { Input, Select } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ReasonModal, timeText } from '../../../ui'
import { useHits, useRuleset } from '../data'
import { useRested } from '../rule/use-draft'
import { denied, endOf, entities, spans, type ListName, type TargetEntity } from './entries'

interface AddEntryProps {
  list: ListName
  open: boolean
  onClose: () => void
  onAdded: () => Promise<void>
}

/** Denies a target, or spares it from one rule: with an end and a reason, after a preview of who is touched. */
export function AddEntry({ list, open, onClose, onAdded }: AddEntryProps) {
  const t = useWords('strategy')
  const [entity, setEntity] = useState<TargetEntity>('account')
  const [key, setKey] = useState('')
  const [rule, setRule] = useState<string>()
  const [days, setDays] = useState<number>(7)
  const ruleset = useRuleset().data
  const hits = useHits(24).data
  const asked = useRested(key.trim(), 300)
  const about = useQuery({
    queryKey: ['touched', entity, asked], enabled: open && asked !== '', retry: false,
    queryFn: async ({ signal }) => {
      const query = { entity, key: asked, limit: 50 }
      const [denials, exceptions] = await Promise.all([ask(api.GET('/api/v1/lists/deny', { params: { query }, signal })), ask(api.GET('/api/v1/lists/exceptions', { params: { query }, signal }))])
      return (denials.entries ?? []).length + (exceptions.entries ?? []).length
    },
  })
  const run = async (reason: string) => {
    const expires_at = endOf(days, Date.now())
    if (list === 'deny') {
      const target = denied.find((e) => e === entity) ?? 'account'
      await ask(api.POST('/api/v1/lists/deny', { body: { entity: target, key: key.trim(), reason, expires_at } }))
    } else await ask(api.POST('/api/v1/lists/exceptions', { body: { entity, key: key.trim(), rule: rule ?? '', reason, expires_at } }))
    setKey('')
    await onAdded()
  }
  const target = `${t(`entity_${entity}`)} ${key.trim()}`
  return (
    <ReasonModal
      open={open} title={t(list === 'deny' ? 'add_deny' : 'add_exception')} confirm={t(list === 'deny' ? 'add_deny' : 'add_exception')} danger={list === 'deny'} onClose={onClose} onConfirm={run}
      ready={key.trim() !== '' && (list === 'deny' || rule !== undefined)}
    >
      <div className="stack-form">
        <Select aria-label={t('target')} value={entity} onChange={setEntity} options={(list === 'deny' ? denied : entities).map((e) => ({ value: e, label: t(`entity_${e}`) }))} />
        <label>{t('target_key')}<Input value={key} maxLength={200} onChange={(e) => setKey(e.target.value)} /></label>
        {list === 'exceptions' ? (
          <Select showSearch aria-label={t('exception_rule')} placeholder={t('choose_rule')} value={rule ?? null} onChange={(r: string) => setRule(r)} options={(ruleset?.rules ?? []).map((r) => ({ value: r.id, label: r.id }))} />
        ) : null}
        <Select aria-label={t('days')} value={days} onChange={setDays} options={spans.map((d) => ({ value: d, label: `${t('days')}: ${t('days_n', { n: d })}` }))} />
      </div>
      {key.trim() ? (
        <section aria-label={t('touched')}>
          <strong>{t('touched')}</strong>
          <ul>
            <li>{list === 'deny' ? t('touched_deny', { target, t: timeText(endOf(days, Date.now()), 'minute') }) : rule ? t('touched_rule', { rule, target, n: hits?.get(rule)?.accounts ?? 0 }) : t('choose_rule')}</li>
            {about.isSuccess ? <li>{about.data > 0 ? t('touched_now', { n: about.data }) : t('touched_none')}</li> : null}
            {entity === 'ip' ? <li>{t('touched_shared')}</li> : null}
          </ul>
        </section>
      ) : null}
    </ReasonModal>
  )
}
