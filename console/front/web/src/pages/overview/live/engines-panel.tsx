import type { Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { EngineName, EngineState } from '../../../ui/engine-state'

/** How each engine is. */
export function EnginesPanel({ engines }: { engines: readonly Schema<'Engine'>[] }) {
  const t = useWords('overview')
  return (
    <section className="panel">
      <h2>{t('engines')}</h2>
      <ul className="lines engines">
        {engines.map((engine) => (
          <li key={engine.name}>
            <EngineName name={engine.name} /> <EngineState state={engine.state} />{' '}
            <span className="muted figure">{engine.state === 'up' || engine.state === 'slow' ? `${engine.latency_ms.toFixed(1)} ms` : ''}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
