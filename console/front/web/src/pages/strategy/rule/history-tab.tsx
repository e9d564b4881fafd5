import { useQuery } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { Loaded, ReasonModal, Time } from '../../../ui'
import { EffectTag } from '../changes'
import { useRulesChanged } from '../data'
import { may } from '../model'
import { ModeTag } from '../tags'
import { UndoPanel } from './undo-panel'

const states = ['draft', 'proposed', 'approved', 'published', 'superseded', 'rejected'] as const

/** A rule's life, the ruleset's versions, the way back, and taking back what the rule did. */
export function HistoryTab({ ruleset, rule }: { ruleset: string; rule: string }) {
  const t = useWords('strategy')
  const { message } = App.useApp()
  const { role } = useOperator()
  const changed = useRulesChanged()
  const [back, setBack] = useState<number>()
  const life = useQuery({ queryKey: ['rule', ruleset, rule], enabled: rule !== '', queryFn: ({ signal }) => ask(api.GET('/api/v1/rulesets/{name}/rules/{rule}', { params: { path: { name: ruleset, rule } }, signal })) })
  const versions = useQuery({
    queryKey: ['versions', ruleset],
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/rulesets/{name}/versions', { params: { path: { name: ruleset }, query: { limit: 50 } }, signal }))).versions ?? [],
  })
  const turnBack = async (reason: string) => {
    const v = await ask(api.POST('/api/v1/rulesets/{name}/versions/{number}/return', { params: { path: { name: ruleset, number: back ?? 0 } }, body: { reason } }))
    void message.success(t(v.state === 'published' ? 'published_done' : 'proposed_done', { n: v.number }))
    await changed()
  }
  const force = versions.data?.find((v) => v.state === 'published')?.number ?? 0
  const ref = encodeURIComponent(rule)
  return (
    <div className="tab-body">
      {rule ? (
        <section className="section" aria-label={t('steps')}>
          <h2>{t('steps')}</h2>
          <Loaded query={life}>
            {(r) => (r.steps ?? []).length === 0 ? <p className="muted">{t('steps_none')}</p> : (
              <ul className="step-list">
                {(r.steps ?? []).map((s) => (
                  <li key={s.number}>
                    <p className="editor-line"><Link to={`/rules/${ref}/versions/${s.number}`}>{t('version_n', { n: s.number })}</Link> {s.before === s.after ? <ModeTag mode={s.after} /> : <><ModeTag mode={s.before} /> → <ModeTag mode={s.after} /></>} <EffectTag effect={s.effect} /></p>
                    <p><Time value={s.at} to="minute" /> · {s.second ? t('step_by', { who: s.by, second: s.second }) : s.by} · {s.reason}{(s.fields ?? []).length > 0 ? <> · <code>{(s.fields ?? []).join(', ')}</code></> : null}</p>
                  </li>
                ))}
              </ul>
            )}
          </Loaded>
        </section>
      ) : null}
      <section className="section" aria-label={t('versions')}>
        <h2>{t('versions')}</h2>
        <Loaded query={versions}>
          {(list) => list.length === 0 ? <p className="muted">{t('versions_none')}</p> : (
            <ul className="step-list">
              {list.map((v) => {
                const state = states.find((s) => s === v.state)
                return (
                  <li key={v.number}>
                    <p className="editor-line">
                      {rule ? <Link to={`/rules/${ref}/versions/${v.number}`}>{t('version_n', { n: v.number })}</Link> : t('version_n', { n: v.number })} <span className={`tag ${v.state === 'published' ? 'tag-strong' : ''}`}>{state ? t(`vstate_${state}`) : v.state}</span>
                      {rule && v.number !== force ? <Link to={`/rules/${ref}/compare/${force}/${v.number}`}>{t('compare_with_force')}</Link> : null}
                      {v.state === 'superseded' && may.weaken(role) ? <Button size="small" onClick={() => setBack(v.number)}>{t('return')}</Button> : null}
                    </p>
                    <p><Time value={v.changed_at} to="minute" /> · {v.author}{v.approval ? ` · ${t('approved_by', { who: v.approval.by })}` : ''} · {v.reason}</p>
                  </li>
                )
              })}
            </ul>
          )}
        </Loaded>
        {force > 0 && may.weaken(role) ? <p><Button size="small" onClick={() => setBack(0)}>{t('return')}: {t('version_n', { n: 0 })}</Button></p> : null}
      </section>
      {rule ? <UndoPanel rule={rule} /> : null}
      <ReasonModal open={back !== undefined} title={t('return_title', { n: back ?? 0 })} confirm={t('return')} onConfirm={turnBack} onClose={() => setBack(undefined)}>
        <p className="modal-note">{t('return_note')}</p>
        {back !== undefined && rule ? <p><Link to={`/rules/${ref}/compare/${force}/${back}`} target="_blank">{t('compare_with_force')}</Link></p> : null}
      </ReasonModal>
    </div>
  )
}
