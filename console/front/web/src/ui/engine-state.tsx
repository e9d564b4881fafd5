import type { Schema } from '../api/client'
import { useWords } from '../i18n'

const icons = { up: '●', slow: '◐', away: '○', unknown: '?' } as const

/** How an engine or a process is: icon and word. */
export function EngineState({ state }: { state: Schema<'Engine'>['state'] }) {
  const t = useWords('ui')
  return <span className={`engine-state engine-${state}`}><span aria-hidden="true">{icons[state]}</span> {t(`engine_state_${state}`)}</span>
}

const names = { redis: 'Redis', sql: 'SQL', kafka: 'Kafka', clickhouse: 'ClickHouse' } as const

/** What an engine is called. */
export function EngineName({ name }: { name: Schema<'Engine'>['name'] }) {
  const t = useWords('ui')
  return <span>{name === 'booking' ? t('engine_booking') : names[name]}</span>
}
