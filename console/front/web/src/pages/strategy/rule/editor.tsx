import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Tabs } from 'antd'
import { useEffect, useMemo, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { roles } from '../../../app/roles'
import { useWords } from '../../../i18n'
import { ErrorCard, Forbidden, PageHeader, param, timeText, usePhone, useUrlState } from '../../../ui'
import { Changes } from '../changes'
import { useHits, useNormal, useRuleset, useRulesChanged, useVocabulary } from '../data'
import { may, maxText, type Version } from '../model'
import { ActionName, ModeTag } from '../tags'
import { BacktestTab } from './backtest-tab'
import { CodeField } from './code-field'
import { outside } from './completion'
import { exampleOf, fieldOf, firstExample, idOf, kindOf, type Subject } from './example'
import { HistoryTab } from './history-tab'
import { LifeBar } from './life-bar'
import { marksOf } from './marks'
import { Problems } from './problems'
import { StepsBar } from './steps-bar'
import { TestTab } from './test-tab'
import { useChoices } from './use-choices'
import { keep, kept, same, sizeOf, useAutosave, useCheck, type Text } from './use-draft'

const tabs = ['test', 'backtest', 'difference', 'history'] as const
const shape = { tab: param.oneOf(tabs, 'test'), event: param.text('', 64) }
/** The state of an address that follows a save: the editor stays as it is. */
export const followsSave = 'saved'

/** Who may read backtests. */
const backtestReaders = roles.filter(may.readBacktests)

const nonce = () => document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''

const stateWord = (state: string) => `vstate_${(['draft', 'proposed', 'approved', 'published', 'superseded', 'rejected'] as const).find((s) => s === state) ?? 'draft'}` as const

interface EditorProps {
  ruleset: string
  /** Empty: a new one. */
  rule: string
  number: number
  initial: Text
}

/** Left: condition, declaration, problems. Right: test, backtest, difference, history. */
export function Editor({ ruleset, rule, number, initial }: EditorProps) {
  const t = useWords('strategy')
  const { message } = App.useApp()
  const { role } = useOperator()
  const phone = usePhone()
  const client = useQueryClient()
  const navigate = useNavigate()
  const changed = useRulesChanged()
  const [{ tab, event }, setUrl] = useUrlState(shape)
  const [lost] = useState(() => kept(rule, number))
  const clean = useMemo<Text>(() => ({ when: initial.when, declaration: initial.declaration }), [initial])
  const [saved, setSaved] = useState<Text>(clean)
  const [text, setText] = useState<Text>(lost ?? clean)
  const [stored, setStored] = useState({ rule, number })
  const version = useQuery({
    queryKey: ['version', ruleset, stored.number], enabled: stored.number > 0,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/rulesets/{name}/versions/{number}', { params: { path: { name: ruleset, number: stored.number } }, signal })),
  })
  const open = stored.number === 0 || ['draft', 'proposed', 'approved'].includes(version.data?.state ?? '')
  const canEdit = may.edit(role) && !phone && open
  const check = useCheck(ruleset, stored.rule, stored.number, text)
  const onSaved = (written: Version, as: Text) => {
    setSaved(as)
    keep(stored.rule, stored.number, undefined)
    keep(rule, number, undefined)
    const now = { rule: idOf(as.declaration) || stored.rule, number: written.number }
    client.setQueryData(['version', ruleset, written.number], written)
    void client.invalidateQueries({ queryKey: ['versions'] })
    setStored(now)
    if (now.number !== stored.number || now.rule !== stored.rule) void navigate({ pathname: `/rules/${encodeURIComponent(now.rule)}/versions/${now.number}`, search: tab === 'test' ? '' : `?tab=${tab}` }, { replace: true, state: followsSave })
  }
  const draft = useAutosave({ ruleset, rule: stored.rule, version: version.data, text, saved, allowed: canEdit && (stored.number === 0 || version.isSuccess), reason: t('draft_reason'), onSaved })
  useEffect(() => {
    if (!same(text, saved)) keep(stored.rule, stored.number, text)
  }, [text, saved, stored])
  const [subject, setSubject] = useState<Subject>({ eventID: event, json: '' })
  const reads = check.data?.reads
  const shown: Subject = subject.json ? subject : { ...subject, json: firstExample(kindOf(text.declaration), reads ?? []) }
  const trial = useMutation({
    mutationFn: () => {
      const on = exampleOf(shown)
      if ('fault' in on) throw new Error(on.fault)
      return ask(api.POST('/api/v1/rulesets/{name}/trial', { params: { path: { name: ruleset } }, body: { ...text, version: stored.number, ...(stored.rule ? { rule: stored.rule } : {}), ...on } }))
    },
  })
  const force = useRuleset().data
  const inForce = force?.rules?.find((r) => r.id === stored.rule)
  const hits = useHits(24).data?.get(stored.rule)
  const choices = useChoices(force?.features ?? [], useVocabulary().data)
  const normal = useNormal().data?.rows ?? []
  const tooLong = sizeOf(text) > maxText
  const faults = check.data?.faults ?? []
  const ready = check.isSuccess && faults.length === 0 && !tooLong
  const program = check.current && ready ? check.data?.program : undefined
  const run = () => {
    if (tab !== 'test') setUrl({ tab: 'test' }, { replace: true })
    if (ready) trial.mutate()
  }
  const refused = (bytes: number) => void message.error(t('paste_refused', { kb: Math.ceil(bytes / 1024) }))
  const title = idOf(text.declaration) || stored.rule || t('new_rule')
  const marks = useMemo(() => ({ when: marksOf(faults, 'when', text.when), declaration: marksOf(faults, 'declaration', text.declaration) }), [faults, text])
  return (
    <>
      <PageHeader
        title={title}
        about={<span className="editor-line"><ModeTag mode={fieldOf(text.declaration, 'mode') || 'live'} /> <ActionName action={fieldOf(text.declaration, 'action')} /> <span>{stored.number > 0 ? t('version_n', { n: stored.number }) : t('version_in_force')}{version.data ? ` · ${t(stateWord(version.data.state))}` : ''}</span>{stored.number > 0 && inForce ? <Link to={`/rules/${encodeURIComponent(stored.rule)}`}>{t('version_in_force')}</Link> : null}</span>}
        actions={force && inForce && stored.number === 0 ? <LifeBar ruleset={force} rule={inForce} hits={hits} /> : null}
      />
      {phone ? <Alert className="stack-gap" type="info" showIcon title={t('phone_readonly')} /> : null}
      <div className="editor">
        <div className="editor-side">
          {lost && !same(lost, clean) ? <Alert type="info" showIcon closable title={t('draft_local')} action={<Button size="small" onClick={() => { setText(saved); keep(stored.rule, stored.number, undefined) }}>{t('draft_discard')}</Button>} /> : null}
          <section>
            <h2>{t('condition')}</h2>
            <CodeField nonce={nonce()} language="expr" label={t('condition')} value={text.when} readOnly={!canEdit} choices={choices} marks={marks.when} onRun={run} onRefused={refused} onChange={(when) => setText((was) => ({ ...was, when }))} />
          </section>
          <section>
            <h2>{t('declaration')} <small className="muted">{t('declaration_note')}</small></h2>
            <CodeField nonce={nonce()} language="yaml" label={t('declaration')} value={text.declaration} readOnly={!canEdit} marks={marks.declaration} onRun={run} onRefused={refused} onChange={(declaration) => setText((was) => ({ ...was, declaration }))} />
          </section>
          <div className="editor-line">
            <span className="muted" role="status">
              {!canEdit ? t('read_only') : draft.busy ? t('draft_saving') : draft.dirty ? t('draft_unsaved') : draft.at && stored.number > 0 ? t('draft_saved', { n: stored.number, t: timeText(draft.at, 'clock') }) : stored.number > 0 ? t('version_n', { n: stored.number }) : t('draft_clean')}
            </span>
            {canEdit ? <Button size="small" disabled={!draft.dirty || tooLong} loading={draft.busy} onClick={() => void draft.save()}>{t('save_draft')}</Button> : null}
            {canEdit && draft.dirty ? <Button size="small" onClick={() => { setText(saved); keep(stored.rule, stored.number, undefined) }}>{t('draft_discard')}</Button> : null}
            <span className="muted">{t('editor_keys')}</span>
          </div>
          {draft.failed === undefined ? null : <><strong>{t('draft_failed')}</strong><ErrorCard error={draft.failed} onRetry={() => void draft.save()} /></>}
          {version.data ? <StepsBar ruleset={ruleset} version={version.data} dirty={draft.dirty} onStep={(after) => { client.setQueryData(['version', ruleset, after.number], after); void changed() }} /> : null}
          <Problems check={check.data} current={check.current} failed={check.isError} tooLong={tooLong} text={text} outside={outside(text.when, normal)} onCorrect={setText} canEdit={canEdit} />
        </div>
        <section className="panel">
          <Tabs
            activeKey={tab} onChange={(key) => setUrl({ tab: tabs.find((x) => x === key) ?? 'test' }, { replace: true })}
            items={[
              { key: 'test', label: t('tab_test'), children: <TestTab subject={shown} onSubject={(s) => { setSubject(s); setUrl({ event: s.eventID }, { replace: true }) }} run={run} busy={trial.isPending} ready={ready} trial={trial.data} error={trial.error} /> },
              { key: 'backtest', label: t('tab_backtest'), children: !may.readBacktests(role) ? <Forbidden roles={backtestReaders} /> : <BacktestTab rule={stored.rule} version={stored.number > 0 ? version.data : undefined} program={program} dirty={draft.dirty} /> },
              { key: 'difference', label: t('tab_difference'), children: <div className="tab-body">{check.data ? <><p className="muted">{t(check.data.instant ? 'diff_instant' : 'diff_second')}</p><Changes changes={check.data.changes ?? []} /></> : null}</div> },
              { key: 'history', label: t('tab_history'), children: <HistoryTab ruleset={ruleset} rule={stored.rule} /> },
            ]}
          />
        </section>
      </div>
    </>
  )
}
