import type { Budget } from './model'

/** How a block budget stands, and where the hour is going. */
export interface Standing {
  /** Used part of what is allowed, in whole per cent; above 100 where it was passed. */
  percent: number
  used: number
  allowed: number
  /** People that would be blocked by the end of the hour at this pace; undefined in its first three minutes. */
  projected: number | undefined
  level: 'calm' | 'near' | 'over' | 'tripped'
}

const hour = 3_600_000
/** Before this much of an hour has gone its pace says nothing. */
const least = 3 * 60_000

/** Reads a budget at a moment. */
export function standing(b: Pick<Budget, 'used' | 'allowed' | 'hour' | 'down'>, now: number): Standing {
  const percent = b.allowed > 0 ? Math.round((b.used / b.allowed) * 100) : b.used > 0 ? 100 : 0
  const gone = now - Date.parse(b.hour)
  const projected = gone >= least && gone <= hour ? Math.round(b.used * (hour / gone)) : undefined
  const level = b.down ? 'tripped' : b.used > b.allowed ? 'over' : percent >= 80 || (projected ?? 0) > b.allowed ? 'near' : 'calm'
  return { percent, used: b.used, allowed: b.allowed, projected, level }
}
