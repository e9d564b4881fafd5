import { Select } from 'antd'
import type { Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { DataTable, Loaded, param, useUrlState, type Column } from '../../../ui'
import { Figure } from '../parts/figure'
import type { Period } from '../parts/period'
import { useRules, type About } from '../parts/use-quality'

type Row = Schema<'RuleRow'>

const shape = { scenario: param.text('', 40) }

/** Whom each rule blocked, also of one scenario only. */
export function Rules({ period, about }: { period: Period; about: About }) {
  const t = useWords('quality')
  const [{ scenario }, set] = useUrlState(shape)
  const query = useRules(period, about)
  const all = query.data?.rules ?? []
  const scenarios = [...new Set(all.flatMap((r) => r.scenarios ?? []))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  const rows = scenario ? all.filter((r) => r.scenarios?.includes(scenario)) : all
  const columns: Column<Row>[] = [
    { key: 'rule', title: t('rule'), render: (r) => <code>{r.rule}</code>, csv: (r) => r.rule },
    { key: 'scenario', title: t('scenario'), render: (r) => (r.scenarios ?? []).join(' ') || '—', csv: (r) => (r.scenarios ?? []).join(' ') },
    { key: 'humans', title: t('rule_humans'), render: (r) => <Figure figure={r.blocked_human_rate} small />, csv: (r) => `${r.blocked_human_rate.numerator}/${r.blocked_human_rate.denominator}` },
    { key: 'scalpers', title: t('rule_scalpers'), render: (r) => <Figure figure={r.blocked_scalper_rate} small />, csv: (r) => `${r.blocked_scalper_rate.numerator}/${r.blocked_scalper_rate.denominator}` },
    { key: 'unlabelled', title: t('rule_unlabelled'), align: 'right', render: (r) => r.unlabelled_accounts, csv: (r) => r.unlabelled_accounts },
  ]
  if (!query.data) return <Loaded query={query}>{() => null}</Loaded>
  return (
    <>
      <p className="muted quality-gap">{t('rules_note')}</p>
      <DataTable<Row>
        name="quality-rules" caption={t('tab_rules')} columns={columns} filters={[period.from, scenario, about.pool, about.immature, query.dataUpdatedAt]} rowKey={(r) => r.rule}
        load={() => Promise.resolve({ rows })} empty={t('rules_empty')} to={(r) => `/rules/${encodeURIComponent(r.rule)}`}
        toolbar={<Select value={scenario} onChange={(v) => set({ scenario: v })} aria-label={t('scenario')} popupMatchSelectWidth={false} options={[{ value: '', label: t('any_scenario') }, ...scenarios.map((s) => ({ value: s, label: s }))]} />}
      />
    </>
  )
}
