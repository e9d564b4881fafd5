import { useQuery } from '@tanstack/react-query'
import { api, ask, type Schema } from '../../../api/client'
import { useLive } from '../../../api/live'
import { useWords } from '../../../i18n'
import { ErrorCard, PageHeader, Time } from '../../../ui'
import { EngineName, EngineState } from '../../../ui/engine-state'
import { LiveNotice } from '../../../ui/live-notice'
import { PlainTable } from '../../../ui/plain-table'
import { whole } from '../../../ui/numbers'
import '../system.css'

/** How engines and processes are, second by second. */
export default function EnginesPage() {
  const t = useWords('system')
  const { frame, broken, at } = useLive('engines')
  // What is there at once, and while the stream is not.
  const query = useQuery({
    queryKey: ['engines'], queryFn: ({ signal }) => ask(api.GET('/api/v1/engines', { signal })), refetchInterval: broken ? 10_000 : false,
  })
  const health = broken ? query.data ?? frame : frame ?? query.data
  return (
    <div className="stack">
      <PageHeader title={t('engines')} about={t('engines_about')} />
      <LiveNotice broken={broken} at={at} />
      {!health && query.isError ? <ErrorCard error={query.error} onRetry={() => void query.refetch()} /> : null}
      {health ? <Health health={health} /> : null}
    </div>
  )
}

type Engine = Schema<'Engine'>
type Process = Schema<'Process'>

function Health({ health }: { health: Pick<Schema<'Health'>, 'engines' | 'processes' | 'processes_known' | 'lags' | 'degraded' | 'routes'> }) {
  const t = useWords('system')
  return (
    <>
      {health.degraded ? <p className="panel urgent" role="alert">{t('degraded_now')}</p> : null}
      <section className="panel">
        <h2>{t('engines')}</h2>
        <PlainTable<Engine>
          caption={t('engines')} rowKey="name" dataSource={health.engines ?? []}
          columns={[
            { key: 'name', title: t('engine'), render: (_, e) => <EngineName name={e.name} /> },
            { key: 'state', title: t('state'), render: (_, e) => <EngineState state={e.state} /> },
            { key: 'since', title: t('since'), render: (_, e) => <Time value={e.since} /> },
            { key: 'latency', title: t('latency'), align: 'right', render: (_, e) => `${e.latency_ms.toFixed(1)} ms` },
            { key: 'version', title: t('version'), render: (_, e) => e.version ?? '—' },
            { key: 'fault', title: t('last_fault'), render: (_, e) => (e.last_fault ? <>{t(`fault_${e.last_fault}`)} <Time value={e.last_fault_at} /></> : '—') },
          ]}
        />
      </section>
      <section className="panel">
        <h2>{t('processes')}</h2>
        {health.processes_known ? (
          <PlainTable<Process>
            caption={t('processes')} rowKey={(p) => `${p.role}/${p.name}`} dataSource={health.processes ?? []}
            columns={[
              { key: 'role', title: t('process'), render: (_, p) => t(`process_${p.role}`) },
              { key: 'name', title: t('name'), render: (_, p) => <code>{p.name}</code> },
              { key: 'state', title: t('state'), render: (_, p) => <EngineState state={p.state} /> },
              { key: 'degraded', title: t('mode'), render: (_, p) => (p.degraded ? <span className="urgent">{t('degraded_since')} <Time value={p.degraded_since} /></span> : t('mode_normal')) },
              { key: 'started', title: t('started'), render: (_, p) => <Time value={p.started_at} /> },
              { key: 'version', title: t('version'), render: (_, p) => p.version ?? '—' },
            ]}
          />
        ) : <p className="muted">{t('processes_unknown')}</p>}
      </section>
      <section className="panel">
        <h2>{t('lags')}</h2>
        <PlainTable<Schema<'Lag'>>
          caption={t('lags')} rowKey="group" dataSource={health.lags ?? []}
          columns={[
            { key: 'group', title: t('reader'), render: (_, l) => <code>{l.group}</code> },
            { key: 'messages', title: t('messages'), align: 'right', render: (_, l) => whole(l.messages) },
          ]}
        />
      </section>
    </>
  )
}
