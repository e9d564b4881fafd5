import { Button } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { DataTable, PageHeader, ReasonModal, Time, type Column } from '../../../ui'
import { useRulesChanged } from '../data'
import { may, type Budget } from '../model'
import { BudgetGauge } from '../tags'

/** How many people each rule may still block in this hour, and which only challenge because of it. */
export default function BudgetsPage() {
  const t = useWords('strategy')
  const { role } = useOperator()
  const changed = useRulesChanged()
  const [lift, setLift] = useState<string>()
  const debit = (d: Budget['debit']['days_7']) => <span className="figure">{d.made} / {d.undone} / {d.cleared}</span>
  const columns: Column<Budget>[] = [
    { key: 'rule', title: t('rule'), render: (b) => <code>{b.rule}</code>, csv: (b) => b.rule },
    { key: 'budget', title: t('budget'), render: (b) => <BudgetGauge budget={b} full />, csv: (b) => `${b.used}/${b.allowed}` },
    { key: 'hour', title: t('budget_hour'), render: (b) => <Time value={b.hour} to="minute" />, csv: (b) => b.hour },
    { key: 'active', title: t('budget_active'), align: 'right', render: (b) => <span className="figure">{b.active.toLocaleString('en')}</span>, csv: (b) => b.active },
    { key: 'owner', title: t('owner'), render: (b) => b.owner || '—', csv: (b) => b.owner ?? '' },
    { key: 'd7', title: t('budget_debit_7'), render: (b) => debit(b.debit.days_7), csv: (b) => `${b.debit.days_7.made}/${b.debit.days_7.undone}/${b.debit.days_7.cleared}` },
    { key: 'd30', title: t('budget_debit_30'), render: (b) => debit(b.debit.days_30), csv: (b) => `${b.debit.days_30.made}/${b.debit.days_30.undone}/${b.debit.days_30.cleared}` },
    {
      key: 'more', title: t('more_actions'),
      render: (b) => (
        <div className="section">
          {b.down && may.lift(role) ? <Button size="small" onClick={() => setLift(b.rule)}>{t('budget_lift')}</Button> : null}
          {(b.standing ?? []).length > 0 ? <span className="muted">{t('budget_standing', { n: (b.standing ?? []).length })}</span> : null}
          {(b.before ?? []).length > 0 ? <span className="muted">{t('budget_before', { n: (b.before ?? []).length })}</span> : null}
        </div>
      ),
    },
  ]
  return (
    <>
      <PageHeader title={t('budgets')} about={t('budgets_about')} />
      <DataTable<Budget>
        name="budgets" caption={t('budgets')} columns={columns} filters={[]} rowKey={(b) => b.rule} to={(b) => `/rules/${encodeURIComponent(b.rule)}`} refresh={5_000} empty={t('budgets_empty')}
        load={async (_, signal) => ({ rows: [...((await ask(api.GET('/api/v1/block-budgets', { signal }))).budgets ?? [])].sort((a, b) => Number(b.down !== undefined) - Number(a.down !== undefined) || b.used / Math.max(1, b.allowed) - a.used / Math.max(1, a.allowed)) })}
      />
      <ReasonModal
        open={lift !== undefined} title={t('budget_lift_title', { rule: lift ?? '' })} confirm={t('budget_lift')} onClose={() => setLift(undefined)}
        onConfirm={async (reason) => {
          await ask(api.POST('/api/v1/block-budgets/{rule}/lift', { params: { path: { rule: lift ?? '' } }, body: { reason } }))
          await changed()
        }}
      >
        <p className="modal-note">{t('budget_lift_note')}</p>
      </ReasonModal>
    </>
  )
}
