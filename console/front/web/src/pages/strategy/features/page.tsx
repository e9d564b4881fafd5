import { Button, Input, Select } from 'antd'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { api, ask, type Schema } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useLanguage, useWords } from '../../../i18n'
import { featureText } from '../../../i18n/feature-text'
import { DataTable, ErrorCard, PageHeader, param, Rate, timeText, useUrlState, type Column } from '../../../ui'
import { asProblem } from '../../../api/problem'
import { useNormal, useRuleset } from '../data'
import { figure, may, spanText } from '../model'
import { percentile } from '../rule/completion'
import { useUnit } from '../rule/use-choices'
import { useEntityName } from '../tags'

const budgets = ['0.0001', '0.001', '0.01'] as const
const shape = { q: param.text('', 100), entity: param.text('', 64), budget: param.oneOf(budgets, '0.001') }

interface Listed {
  feature: Schema<'FeatureView'>
  warm: Schema<'State'> | undefined
  normal: Schema<'Row'> | undefined
  suggestion: Schema<'Suggestion'> | undefined
  rules: string[]
}

/** The features in force: warm-up, how ordinary accounts behave, thresholds that would spare them. */
export default function FeaturesPage() {
  const t = useWords('strategy')
  const [filters, set] = useUrlState(shape)
  const ruleset = useRuleset()
  const normal = useNormal()
  const warm = useQuery({ queryKey: ['features'], queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/features', { signal }))).features ?? [] })
  const suggestions = useQuery({
    queryKey: ['suggestions', filters.budget], staleTime: 600_000, retry: false,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/suggestions', { params: { query: { budget: Number(filters.budget) } }, signal }))).suggestions ?? [],
  })
  const all = ruleset.data?.features ?? []
  const q = filters.q.trim().toLowerCase()
  const rows = all
    .filter((f) => (!q || `${f.name} ${f.description ?? ''} ${f.description_zh}`.toLowerCase().includes(q)) && (!filters.entity || f.entity === filters.entity))
    .map((feature): Listed => ({
      feature, warm: warm.data?.find((w) => w.name === feature.name), normal: normal.data?.rows?.find((r) => r.of === feature.name),
      suggestion: suggestions.data?.find((s) => s.feature === feature.name && s.direction === 'above') ?? suggestions.data?.find((s) => s.feature === feature.name),
      rules: (ruleset.data?.rules ?? []).filter((r) => (r.features ?? []).includes(feature.name)).map((r) => r.id),
    }))
  const population = normal.data?.population
  const entities = [...new Set(all.map((f) => f.entity))].sort()
  return (
    <>
      <PageHeader title={t('features')} about={t('features_about')} />
      {ruleset.isError ? <ErrorCard error={ruleset.error} onRetry={() => void ruleset.refetch()} /> : null}
      {normal.isError ? <p className="muted">{t('normal_away', { why: asProblem(normal.error).message })}</p> : null}
      {population ? <p className="muted">{t('population', { human: population.labelled_human.toLocaleString('en'), clean: population.unlabelled_clean.toLocaleString('en') })}</p> : null}
      {ruleset.data ? <Table rows={rows} entities={entities} filters={filters} set={set} version={`${warm.dataUpdatedAt}.${normal.dataUpdatedAt}.${suggestions.dataUpdatedAt}`} /> : null}
    </>
  )
}

interface TableProps {
  rows: readonly Listed[]
  entities: readonly string[]
  filters: { q: string; entity: string; budget: (typeof budgets)[number] }
  set: (change: Partial<TableProps['filters']>) => void
  version: string
}

function Table({ rows, entities, filters, set, version }: TableProps) {
  const t = useWords('strategy')
  const language = useLanguage()
  const { role } = useOperator()
  const entity = useEntityName()
  const unit = useUnit()
  const warmth = (w: Listed['warm']) => (!w ? '—' : w.warm ? `✓ ${t('warm_yes')}` : w.warming_until ? t('warm_until', { t: timeText(w.warming_until, 'minute') }) : t('warm_not'))
  const high = (r: Listed, level: number) => {
    const value = percentile(r.normal, level)
    return value === undefined ? <span className="muted">{t('too_little')}</span> : <span className="figure">{figure(value)}</span>
  }
  const columns: Column<Listed>[] = [
    { key: 'feature', title: t('feature'), render: ({ feature }) => <span className="rule-name"><code>{feature.name}</code><span className="muted">{featureText(feature, language)}</span></span>, csv: ({ feature }) => feature.name },
    { key: 'entity', title: t('entity'), render: ({ feature }) => entity(feature.entity), csv: ({ feature }) => feature.entity },
    { key: 'unit', title: t('aggregate'), render: ({ feature }) => `${unit(feature.aggregate)} (${feature.aggregate})`, csv: ({ feature }) => feature.aggregate },
    { key: 'window', title: t('window'), align: 'right', render: ({ feature }) => (feature.window_seconds > 0 ? spanText(feature.window_seconds) : '—'), csv: ({ feature }) => feature.window_seconds },
    { key: 'warm', title: t('warm'), render: (r) => warmth(r.warm), csv: (r) => r.warm?.warm },
    { key: 'p50', title: t('people_p50'), align: 'right', render: (r) => high(r, 50), csv: (r) => percentile(r.normal, 50) },
    { key: 'p99', title: t('people_p99'), align: 'right', render: (r) => high(r, 99), csv: (r) => percentile(r.normal, 99) },
    { key: 'n', title: t('people_n'), align: 'right', render: (r) => <span className="figure">{(r.normal?.accounts ?? 0).toLocaleString('en')}</span>, csv: (r) => r.normal?.accounts ?? 0 },
    {
      key: 'suggested', title: t('suggested'), csv: (r) => r.suggestion?.when ?? '',
      render: ({ suggestion: s }) => s?.enough && s.when ? (
        <span className="rule-name">
          <code>{s.when}</code><span>{t('suggested_fp')} <Rate n={s.false_positive_rate.numerator} of={s.false_positive_rate.denominator} low={s.false_positive_rate.low} high={s.false_positive_rate.high} /></span>
          <span>{t('suggested_caught')} <Rate n={s.labelled_scalpers_caught.numerator} of={s.labelled_scalpers_caught.denominator} /></span>
          {s.proven ? <span>✓ {t('suggested_proven')}</span> : null}
          {may.edit(role) ? <Link to={`/rules/new?threshold=${encodeURIComponent(s.when)}`}>{t('use_in_rule')}</Link> : null}
        </span>
      ) : <span className="muted" title={s?.why}>{t('too_little')}</span>,
    },
    { key: 'rules', title: t('used_by'), csv: (r) => r.rules.join(' '), render: (r) => <span className="rule-name">{r.rules.map((id) => <Link key={id} to={`/rules/${encodeURIComponent(id)}`}>{id}</Link>)}</span> },
  ]
  return (
    <DataTable<Listed>
      name="features" caption={t('features')} columns={columns} filters={[language, filters.q, filters.entity, filters.budget, version]} rowKey={({ feature }) => feature.name} load={() => Promise.resolve({ rows })}
      empty={<>{t('features_empty')} <Button type="link" onClick={() => set({ q: '', entity: '' })}>{t('clear_filters')}</Button></>}
      toolbar={
        <>
          <Input.Search className="filter-text" allowClear defaultValue={filters.q} placeholder={t('filter_text')} aria-label={t('filter_text')} onSearch={(q) => set({ q })} />
          <Select className="filter-select" allowClear aria-label={t('entity')} placeholder={t('entity')} value={filters.entity || null} options={entities.map((e) => ({ value: e, label: entity(e) }))} onChange={(e: string | null) => set({ entity: e ?? '' })} />
          <Select className="filter-select" aria-label={t('suggest_budget')} value={filters.budget} options={budgets.map((b) => ({ value: b, label: `${t('suggest_budget')}: ${Number(b) * 100} %` }))} onChange={(budget) => set({ budget })} />
        </>
      }
    />
  )
}
