import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Input, Radio, Select, Space } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ErrorCard } from '../../../ui'
import type { Appeal, Standing } from '../model'
import { leaks } from '../parts/answer-warnings'

const answers = ['grant', 'decline'] as const
type AnswerVerb = (typeof answers)[number]
const findings = ['scalper', 'unknown'] as const
const templates = { grant: ['mistake', 'family', 'shared'], decline: ['confirmed', 'no_proof'] } as const

/** Grants or declines, with the words that the visitor then reads and a reason for operators. */
export function AnswerForm({ appeal, standing }: { appeal: Appeal; standing: Standing }) {
  const t = useWords('review')
  const { message } = App.useApp()
  const client = useQueryClient()
  const [verb, setVerb] = useState<AnswerVerb>('grant')
  const [finding, setFinding] = useState<(typeof findings)[number]>('scalper')
  const [reason, setReason] = useState('')
  const rules = Object.keys(standing.case?.rules ?? {})
  const features = [...new Set((standing.case?.evidence ?? []).flatMap((e) => Object.keys(e.features ?? {})))]
  const told = leaks(reason, rules, features)
  const long = reason.trim().length
  const send = useMutation({
    mutationFn: () => ask(api.POST('/api/v1/appeals/{id}/decision', {
      params: { path: { id: appeal.id } }, body: { decision: verb, reason: reason.trim(), ...(verb === 'decline' ? { finding } : {}) },
    })),
    onSuccess: async (after) => {
      client.setQueryData(['appeal', appeal.id], after)
      void message.success(t(verb === 'grant' ? 'appeal_granted_done' : 'appeal_declined_done'))
      await Promise.all(['account', 'known', 'timeline', 'table'].map((key) => client.invalidateQueries({ queryKey: [key] })))
    },
  })
  return (
    <section className="panel gap-below" aria-label={t('answer')}>
      <h2>{t('answer')}</h2>
      <Space orientation="vertical" size="middle" style={{ width: '100%' }}>
        <Radio.Group value={verb} onChange={(e) => setVerb(e.target.value === 'decline' ? 'decline' : 'grant')} optionType="button" options={answers.map((v) => ({ value: v, label: t(`answer_${v}`) }))} aria-label={t('answer')} />
        {verb === 'decline' ? (
          <label>{t('finding')} <Select value={finding} onChange={setFinding} aria-label={t('finding')} options={findings.map((f) => ({ value: f, label: t(`opinion_${f}`) }))} popupMatchSelectWidth={false} /></label>
        ) : null}
        <Space wrap>
          <span className="muted">{t('templates')}</span>
          {verb === 'grant'
            ? templates.grant.map((name) => <Button key={name} size="small" className="template" onClick={() => setReason(t(`template_${name}`))}>{t(`template_${name}`)}</Button>)
            : templates.decline.map((name) => <Button key={name} size="small" className="template" onClick={() => setReason(t(`template_${name}`))}>{t(`template_${name}`)}</Button>)}
        </Space>
        <Input.TextArea value={reason} onChange={(e) => setReason(e.target.value)} maxLength={500} rows={3} placeholder={t('answer_reason')} aria-label={t('answer_reason')} />
        {told.length > 0 ? <Alert type="warning" showIcon title={t('answer_leaks')} description={<ul>{told.map((l) => <li key={l.kind + l.text}>{t(`leak_${l.kind}`)}: <code>{l.text}</code></li>)}</ul>} /> : null}
        <div>
          <p className="muted">{t('visitor_reads')}</p>
          <p className="visitor-message">{verb === 'grant' ? t('message_granted') : t('message_declined')}</p>
        </div>
        {send.isError ? <ErrorCard error={send.error} onRetry={() => void client.invalidateQueries({ queryKey: ['appeal', appeal.id] })} /> : null}
        <Button type="primary" danger={verb === 'decline'} disabled={long < 3} loading={send.isPending} onClick={() => send.mutate()}>{t(`answer_send_${verb}`)}</Button>
      </Space>
    </section>
  )
}
