import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { ErrorCard, timeText } from '../../../ui'
import { isOver, isStale, periodOf, periods, type PeriodName } from '../backtest'
import { Job } from '../backtests/job'
import { may, type Backtest, type Version } from '../model'

interface BacktestTabProps {
  rule: string
  /** The stored version with the text as it is now; undefined while there is none. */
  version: Version | undefined
  /** What the text as it is now would be called. */
  program: string | undefined
  dirty: boolean
}

/** Runs the draft through history and shows the latest result beside its text. */
export function BacktestTab({ rule, version, program, dirty }: BacktestTabProps) {
  const t = useWords('strategy')
  const { role } = useOperator()
  const client = useQueryClient()
  const [period, setPeriod] = useState<PeriodName>('yesterday')
  const [shown, setShown] = useState<string>()
  const [failed, setFailed] = useState<unknown>()
  const list = useQuery<Backtest[]>({ queryKey: ['backtests'], refetchInterval: (q) => ((q.state.data ?? []).some((j) => !isOver(j.state)) ? 2000 : false), queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/backtests', { params: { query: { limit: 50 } }, signal }))).backtests ?? [] })
  const start = async () => {
    setFailed(undefined)
    try {
      const job = await ask(api.POST('/api/v1/backtests', { body: { version: version ? String(version.number) : '', ...periodOf(period, Date.now()) } }))
      setShown(job.id)
      await client.invalidateQueries({ queryKey: ['backtests'] })
    } catch (error) {
      setFailed(error)
    }
  }
  const jobs = list.data ?? []
  const job = jobs.find((j) => j.id === shown) ?? jobs.find((j) => j.version === program) ?? jobs.find((j) => j.version === version?.program)
  return (
    <div className="tab-body">
      {may.backtest(role) ? (
        <div className="editor-line">
          <Select className="filter-select" aria-label={t('bt_period')} value={period} onChange={setPeriod} options={periods.map((p) => ({ value: p, label: t(`bt_${p}`) }))} />
          <Button type="primary" disabled={!version?.program || dirty} onClick={() => void start()}>{t('bt_run')}</Button>
          {jobs.length > 0 ? (
            <Select
              className="filter-select" aria-label={t('backtests')} placeholder={t('backtests')} value={job?.id ?? null} onChange={(id: string) => setShown(id)}
              options={jobs.map((j) => ({ value: j.id, label: `${timeText(j.created_at, 'minute')} · ${t(`bt_state_${j.state}`)}${isStale(j, program) ? ` · ${t('bt_stale')}` : ''}` }))}
            />
          ) : null}
        </div>
      ) : null}
      {!version || dirty ? <p className="muted">{t('bt_needs_draft')}</p> : null}
      {failed === undefined ? null : <ErrorCard error={failed} onRetry={() => void start()} />}
      {job ? <Job id={job.id} rule={rule} stale={dirty || isStale(job, program)} /> : shown ? <Job id={shown} rule={rule} stale={dirty} /> : <p className="muted">{t('bt_none')}</p>}
    </div>
  )
}
