import { useQuery } from '@tanstack/react-query'
import { Alert, App, Button, Input } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { Loaded, ReasonModal, timeText } from '../../../ui'
import { percent } from '../../../ui/rate'
import { useRulesChanged } from '../data'
import { blocking, may, mayApprove, type Objection, type Version } from '../model'

type Step = 'submit' | 'approve' | 'reject' | 'publish'

interface StepsBarProps {
  ruleset: string
  version: Version
  dirty: boolean
  onStep: (version: Version) => void
}

/** A draft's way to publication: submit, approve as the second person, publish, reject. */
export function StepsBar({ ruleset, version, dirty, onStep }: StepsBarProps) {
  const t = useWords('strategy')
  const { message } = App.useApp()
  const { name, role } = useOperator()
  const changed = useRulesChanged()
  const [step, setStep] = useState<Step>()
  const [override, setOverride] = useState('')
  const params = { path: { name: ruleset, number: version.number } }
  const gates = useQuery({
    queryKey: ['gates', ruleset, version.number, version.hash], enabled: step === 'submit' || step === 'approve', staleTime: 0, retry: false,
    queryFn: async () => (await ask(api.POST('/api/v1/rulesets/{name}/versions/{number}/check', { params }))).review,
  })
  const review = version.review
  const instant = review?.instant ?? false
  const objections = gates.data?.objections ?? []
  const stops = blocking(objections)
  const run = async (reason: string) => {
    const body = { hash: version.hash, reason }
    const after = step === 'submit' ? await ask(api.POST('/api/v1/rulesets/{name}/versions/{number}/proposal', { params, body }))
      : step === 'approve' ? await ask(api.POST('/api/v1/rulesets/{name}/versions/{number}/approval', { params, body: { ...body, ...(override.trim() ? { override: override.trim() } : {}) } }))
      : step === 'reject' ? await ask(api.POST('/api/v1/rulesets/{name}/versions/{number}/rejection', { params, body }))
      : await ask(api.POST('/api/v1/rulesets/{name}/versions/{number}/publication', { params, body: { replaces: review?.in_force ?? '', reason } }))
    onStep(after)
    await changed()
    if (step === 'publish') void message.success(t('published_done', { n: version.number }))
    if (step === 'submit') void message.success(t('proposed_done', { n: version.number }))
  }
  const problems = review?.problems ?? []
  const open = ['draft', 'proposed', 'approved'].includes(version.state)
  if (!open) return null
  const titles = { submit: 'submit_title', approve: 'approve_title', reject: 'reject_title', publish: 'publish_title' } as const
  const overridable = objections.some((o) => o.overridable)
  const ready = step === 'submit' ? gates.isSuccess && stops.length === 0 : step === 'approve' ? gates.isSuccess && objections.every((o) => o.overridable) && (!overridable || override.trim().length >= 3) : true
  return (
    <div className="section">
      {problems.length > 0 ? <Alert type="error" showIcon title={t('bad_ruleset', { n: problems.length, v: t('version_in_force') })} /> : null}
      {review?.stale ? <Alert type="warning" showIcon title={t('stale_base')} /> : null}
      {version.approval ? <p>✓ {t('approved_by', { who: version.approval.by })} · {timeText(version.approval.at, 'minute')} · {version.approval.reason}</p> : null}
      <div className="row-actions">
        {version.state === 'draft' && !instant && may.edit(role) ? <Button type="primary" disabled={dirty || problems.length > 0 || (review?.changes ?? []).length === 0} onClick={() => setStep('submit')}>{t('submit')}</Button> : null}
        {(version.state === 'approved' || instant) && may.edit(role) ? <Button type="primary" disabled={dirty || problems.length > 0 || (review?.changes ?? []).length === 0} onClick={() => setStep('publish')}>{t('publish')}</Button> : null}
        {mayApprove(role, name, version) ? <Button type="primary" onClick={() => setStep('approve')}>{t('approve')}</Button> : null}
        {may.reject(role) ? <Button onClick={() => setStep('reject')}>{t('reject')}</Button> : null}
        {version.state === 'proposed' && !mayApprove(role, name, version) ? <span className="muted">{t(may.approve(role) ? 'approve_not_own' : 'approve_wait')}</span> : null}
      </div>
      <ReasonModal open={step !== undefined} title={step ? t(titles[step], { n: version.number }) : ''} confirm={step ? t(step) : ''} ready={ready} onConfirm={run} onClose={() => { setStep(undefined); setOverride('') }}>
        {step === 'submit' || step === 'approve' ? (
          <>
            {gates.isFetching ? <p className="muted">{t('submit_gates')}</p> : null}
            <Loaded query={gates}>{() => null}</Loaded>
            {step === 'submit' && stops.length > 0 ? <><Alert type="error" showIcon title={t('submit_refused')} /><OverBudget objections={stops} /></> : null}
            {objections.length > 0 ? (
              <ul className="problem-list">{objections.map((o) => <li key={o.kind + o.text}><span className="tag">{o.rule ?? o.feature ?? o.kind}</span><span>{o.text}</span>{o.overridable ? <span className="muted">{t('objection_overridable')}</span> : null}</li>)}</ul>
            ) : null}
            {step === 'approve' && overridable ? <div className="stack-form"><label>{t('approve_override')}<Input.TextArea rows={2} maxLength={500} value={override} onChange={(e) => setOverride(e.target.value)} /></label></div> : null}
          </>
        ) : null}
        {step === 'publish' ? <p className="modal-note">{t('publish_note')}</p> : step === 'submit' ? <p className="modal-note">{t('submit_note')}</p> : null}
      </ReasonModal>
    </div>
  )
}

/** Says by how much the version is over the budget, as the server found. */
function OverBudget({ objections }: { objections: readonly Objection[] }) {
  const t = useWords('strategy')
  return objections.map(({ text, harm }) => harm
    ? <p key={text} className="refusal">{t('submit_over', { n: harm.people, of: harm.of, low: percent(harm.low), high: percent(harm.high), limit: percent(harm.limit) })}</p>
    : null)
}
