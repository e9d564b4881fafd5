import { App, Button, Dropdown } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../api/client'
import { useOperator } from '../../api/session'
import { useWords } from '../../i18n'
import { ReasonModal } from '../../ui'
import { useRulesChanged, useRulesetName } from './data'
import { may, weakenings, type Rule, type Weakening } from './model'

const keyOf = (w: Weakening) => ('action' in w ? (`action_${w.action}` as const) : (`mode_${w.mode}` as const))

/** Weakens a rule: choose how, give a reason, done. One person alone. */
export function WeakenButton({ rule }: { rule: Rule }) {
  const t = useWords('strategy')
  const { message } = App.useApp()
  const { role } = useOperator()
  const ruleset = useRulesetName().data
  const changed = useRulesChanged()
  const [how, setHow] = useState<Weakening>()
  const ways = weakenings(rule)
  if (!may.weaken(role) || ways.length === 0 || !ruleset) return null
  const weaken = async (reason: string) => {
    const version = await ask(api.PATCH('/api/v1/rulesets/{name}/rules/{rule}', { params: { path: { name: ruleset, rule: rule.id } }, body: { ...how, reason } }))
    await changed()
    void message.success(t(version.state === 'published' ? 'weaken_done' : 'proposed_done', { n: version.number }))
  }
  return (
    <>
      <Dropdown
        trigger={['click']}
        menu={{ items: ways.map((w) => ({ key: keyOf(w), label: t(`weaken_${keyOf(w)}`) })), onClick: ({ key }) => setHow(ways.find((w) => keyOf(w) === key)) }}
      >
        <Button size="small" aria-label={t('weaken_title', { rule: rule.id })}>{t('weaken')}</Button>
      </Dropdown>
      <ReasonModal open={how !== undefined} title={t('weaken_title', { rule: rule.id })} confirm={t('weaken_now')} onConfirm={weaken} onClose={() => setHow(undefined)}>
        <p><strong>{how ? t(`weaken_${keyOf(how)}`) : ''}</strong></p>
        <p className="modal-note">{t('weaken_note')}</p>
      </ReasonModal>
    </>
  )
}
