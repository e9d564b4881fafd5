import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Progress } from 'antd'
import { Link } from 'react-router'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { Loaded, Time } from '../../../ui'
import { isOver } from '../backtest'
import { may, type Backtest } from '../model'
import { Result } from './result'

/** Whether a result still speaks of the text that is being edited. */
export function Currency({ stale }: { stale: boolean }) {
  const t = useWords('strategy')
  return stale ? <Alert type="warning" showIcon title={t('bt_stale')} description={t('bt_stale_note')} /> : <p><span className="tag tag-strong">✓ {t('bt_current')}</span></p>
}

/** One backtest: how far it is, and what it found. `stale` is left out where no text stands beside it. */
export function Job({ id, rule, stale }: { id: string; rule?: string; stale?: boolean }) {
  const t = useWords('strategy')
  const { role } = useOperator()
  const client = useQueryClient()
  const query = useQuery<Backtest>({
    queryKey: ['backtest', id], refetchInterval: (q) => (q.state.data && isOver(q.state.data.state) ? false : 1000),
    queryFn: ({ signal }) => ask(api.GET('/api/v1/backtests/{id}', { params: { path: { id } }, signal })),
  })
  const cancel = async () => {
    await ask(api.POST('/api/v1/backtests/{id}/cancel', { params: { path: { id } } })).catch(() => undefined) // over already: the next look tells
    await client.invalidateQueries({ queryKey: ['backtest', id] })
  }
  return (
    <Loaded query={query}>
      {(job) => {
        const left = job.position.left / 1e9
        return (
          <div className="tab-body">
            <p className="editor-line">
              <span className="tag tag-strong">{t(`bt_state_${job.state}`)}</span>
              <Time value={job.from} to="minute" /> – <Time value={job.to} to="minute" /> · {job.actor} · <Link to={`/backtests/${job.id}`}>{t('bt_link')}</Link>
              {!isOver(job.state) && may.backtest(role) ? <Button size="small" onClick={() => void cancel()}>{t('bt_cancel')}</Button> : null}
            </p>
            {stale === undefined ? null : <Currency stale={stale} />}
            {isOver(job.state) ? null : (
              <>
                <Progress percent={Math.round(job.share * 100)} aria-label={t(`bt_state_${job.state}`)} />
                <p className="muted figure">{t('bt_progress', { n: job.position.events.toLocaleString('en'), total: job.position.total.toLocaleString('en'), left: left <= 0 ? t('bt_left_unknown') : left < 90 ? t('bt_seconds', { n: Math.ceil(left) }) : t('bt_minutes', { n: Math.ceil(left / 60) }) })}</p>
              </>
            )}
            {job.error ? <Alert type="error" showIcon title={t('bt_state_failed')} description={job.error} /> : null}
            {job.result ? <Result result={job.result} {...(rule ? { rule } : {})} /> : null}
          </div>
        )
      }}
    </Loaded>
  )
}
