import type { ComponentType } from 'react'
import { AlertCount } from '../pages/alerts/count'
import { StageMenu } from '../pages/ticketing/stage-menu'
import { LiveState } from './live-state'

/**
 * What the header shows beside search, language and user: the state of the
 * engines, open alerts, the clock of the sale. Each part asks for its own data
 * and shows nothing to a role that may not read it.
 */
export const headerParts: readonly { name: string; Part: ComponentType }[] = [
  { name: 'live', Part: LiveState },
  { name: 'alerts', Part: AlertCount },
  { name: 'release', Part: StageMenu },
]
