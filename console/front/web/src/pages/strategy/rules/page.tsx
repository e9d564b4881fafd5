import { Button, Input, Select } from 'antd'
import { useOperator } from '../../../api/session'
import { useLanguage, useWords } from '../../../i18n'
import { DataTable, ErrorCard, exportTime, PageHeader, Rate, Time, usePhone, useUrlState, type Column } from '../../../ui'
import { percentOf, useListedRules, type Listed } from './listed'
import { actions, may, modes } from '../model'
import { ActionName, BudgetGauge, ModeTag } from '../tags'
import { WeakenButton } from '../weaken'
import { choices, filterShape, matches } from './filters'
import { ObserveBar } from './observe-bar'
import { TemplateButton } from './template-button'

/** Every rule that runs: whom it hits, whom it hurts, what is left of its budget. */
export default function RulesPage() {
  const t = useWords('strategy')
  const phone = usePhone()
  const { role } = useOperator()
  const { ruleset, rows } = useListedRules()
  return (
    <>
      <PageHeader title={t('rules')} about={t('rules_about')} actions={may.edit(role) && !phone ? <TemplateButton /> : null} />
      <ObserveBar />
      {ruleset.isError ? <ErrorCard error={ruleset.error} onRetry={() => void ruleset.refetch()} /> : null}
      {rows ? <List rows={rows} /> : null}
    </>
  )
}

function List({ rows }: { rows: readonly Listed[] }) {
  const t = useWords('strategy')
  const language = useLanguage()
  const [filters, set] = useUrlState(filterShape)
  const rules = rows.map((r) => r.rule)
  const columns: Column<Listed>[] = [
    { key: 'rule', title: t('rule'), render: ({ rule }) => <span className="rule-name"><code>{rule.id}</code></span>, csv: ({ rule }) => rule.id },
    { key: 'state', title: t('state'), render: ({ rule }) => <><ModeTag mode={rule.mode} />{rule.tightened ? <span className="tag tag-warn">{t('tightened')}</span> : null}</>, csv: ({ rule }) => rule.mode },
    { key: 'action', title: t('action'), render: ({ rule }) => <ActionName action={rule.action} />, csv: ({ rule }) => rule.action },
    { key: 'more', title: t('more_actions'), render: ({ rule }) => <WeakenButton rule={rule} /> },
    { key: 'scenarios', title: t('scenarios'), render: ({ rule }) => (rule.scenarios ?? []).join(' ') || '—', csv: ({ rule }) => (rule.scenarios ?? []).join(' ') },
    {
      key: 'hits', title: t('hits_24h'), align: 'right', csv: ({ hits }) => hits?.accounts ?? 0,
      render: ({ hits }) => <span className="figure">{(hits?.accounts ?? 0).toLocaleString('en')}{hits?.shadow_accounts ? <span className="muted"> · {t('hits_shadow', { n: hits.shadow_accounts.toLocaleString('en') })}</span> : null}</span>,
    },
    {
      key: 'fp', title: t('false_positive'), csv: ({ month }) => (month ? `${month.false_positive_rate.numerator}/${month.false_positive_rate.denominator}` : ''),
      render: ({ month }) => month ? <Rate n={month.false_positive_rate.numerator} of={month.false_positive_rate.denominator} low={month.false_positive_rate.low} high={month.false_positive_rate.high} /> : '—',
    },
    { key: 'budget', title: t('budget'), render: ({ budget }) => <BudgetGauge budget={budget} />, csv: ({ budget }) => (budget ? `${budget.used}/${budget.allowed}` : '') },
    { key: 'canary', title: t('canary'), align: 'right', render: ({ rule }) => percentOf(rule), csv: percentCsv },
    { key: 'owner', title: t('owner'), render: ({ rule }) => rule.owner || '—', csv: ({ rule }) => rule.owner ?? '' },
    {
      key: 'changed', title: t('changed'), csv: ({ rule }) => (rule.steps?.[0] ? exportTime(rule.steps[0].at) : ''),
      render: ({ rule }) => rule.steps?.[0] ? <><Time value={rule.steps[0].at} to="minute" /> {rule.steps[0].by}</> : <span className="muted">{t('changed_never')}</span>,
    },
  ]
  const filtered = Object.values(filters).some(Boolean)
  const shown = rows.filter(({ rule }) => matches(rule, filters))
  const select = (key: 'tag' | 'feature' | 'owner', label: string, values: readonly string[]) => (
    <Select
      className="filter-select" allowClear showSearch aria-label={label} placeholder={label} value={filters[key] || null}
      options={values.map((v) => ({ value: v, label: v }))} onChange={(v: string | null) => set({ [key]: v ?? '' })}
    />
  )
  return (
    <DataTable<Listed>
      name="rules" caption={t('rules')} columns={columns} rowKey={({ rule }) => rule.id} to={({ rule }) => `/rules/${encodeURIComponent(rule.id)}`}
      filters={[language, JSON.stringify(filters), stamp(rows)]} load={() => Promise.resolve({ rows: shown })}
      empty={<>{t('rules_empty')} {filtered ? <Button type="link" onClick={() => set({ state: undefined, action: undefined, tag: '', feature: '', owner: '', q: '' })}>{t('clear_filters')}</Button> : null}</>}
      toolbar={
        <>
          <Input.Search className="filter-text" allowClear defaultValue={filters.q} placeholder={t('filter_text')} aria-label={t('filter_text')} onSearch={(q) => set({ q })} />
          <Select className="filter-select" allowClear aria-label={t('filter_state')} placeholder={t('filter_state')} value={filters.state ?? null} options={modes.map((m) => ({ value: m, label: t(`mode_${m}`) }))} onChange={(v) => set({ state: v ?? undefined })} />
          <Select className="filter-select" allowClear aria-label={t('filter_action')} placeholder={t('filter_action')} value={filters.action ?? null} options={actions.map((a) => ({ value: a, label: t(`action_${a}`) }))} onChange={(v) => set({ action: v ?? undefined })} />
          {select('tag', t('filter_tag'), choices(rules, (r) => [...(r.scenarios ?? []), ...(r.tags ?? [])]))}
          {select('feature', t('filter_feature'), choices(rules, (r) => r.features ?? []))}
          {select('owner', t('filter_owner'), choices(rules, (r) => [r.owner]))}
        </>
      }
    />
  )
}

const percentCsv = ({ rule }: Listed) => (rule.mode === 'canary' ? (rule.share ?? 0) : '')

/** What tells one state of the rows from another, for the table's key. */
const stamp = (rows: readonly Listed[]) => rows.map((r) => `${r.rule.mode}${r.rule.action}${r.rule.share ?? ''}${r.hits?.accounts ?? ''}${r.month?.accounts ?? ''}${r.budget?.used ?? ''}${r.budget?.down?.id ?? ''}`).join()
