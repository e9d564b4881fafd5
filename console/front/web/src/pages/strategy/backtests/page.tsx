import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, PageHeader, Time, type Column } from '../../../ui'
import type { Backtest } from '../model'
import '../strategy.css'

/** The latest backtests. */
export default function BacktestsPage() {
  const t = useWords('strategy')
  const columns: Column<Backtest>[] = [
    { key: 'created', title: t('bt_created'), render: (j) => <Time value={j.created_at} />, csv: (j) => exportTime(j.created_at) },
    { key: 'state', title: t('state'), render: (j) => <span className="tag">{t(`bt_state_${j.state}`)}{j.state === 'running' ? ` ${Math.round(j.share * 100)} %` : ''}</span>, csv: (j) => j.state },
    { key: 'actor', title: t('bt_by'), render: (j) => j.actor, csv: (j) => j.actor },
    { key: 'version', title: t('bt_version'), render: (j) => <code>{j.version}</code>, csv: (j) => j.version },
    { key: 'against', title: t('bt_against'), render: (j) => (j.against ? <code>{j.against}</code> : t('bt_against_nothing')), csv: (j) => j.against ?? '' },
    { key: 'period', title: t('bt_cutoff'), render: (j) => <><Time value={j.from} to="minute" /> – <Time value={j.to} to="minute" /></>, csv: (j) => `${exportTime(j.from)}/${exportTime(j.to)}` },
  ]
  return (
    <>
      <PageHeader title={t('backtests')} about={t('bt_about')} />
      <DataTable<Backtest>
        name="backtests" caption={t('backtests')} columns={columns} filters={[]} rowKey={(j) => j.id} to={(j) => `/backtests/${j.id}`} refresh={5_000} empty={t('bt_empty')}
        load={async (_, signal) => ({ rows: (await ask(api.GET('/api/v1/backtests', { params: { query: { limit: 200 } }, signal }))).backtests ?? [] })}
      />
    </>
  )
}
