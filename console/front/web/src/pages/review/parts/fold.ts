import type { Moment } from '../model'

/** Moments of one kind in a row, or a single one. The newest is first. */
export interface Run {
  key: string
  moments: readonly Moment[]
  /** Mean and standard deviation of the time between them, in seconds; none for a single one. */
  gap?: { mean: number; spread: number }
}

/** Fewer than this many in a row are shown one by one. */
export const shortestRun = 3

const likeness = (m: Moment): string => [m.source, m.kind, m.action ?? '', (m.rules ?? []).join(','), m.source === 'house' ? m.order_id ?? '' : ''].join('\u0000')

function runOf(moments: readonly Moment[]): Run {
  const key = moments[0]?.id ?? ''
  if (moments.length < 2) return { key, moments }
  const times = moments.map((m) => new Date(m.time).getTime() / 1000)
  const gaps = times.slice(1).map((at, i) => (times[i] ?? at) - at)
  const mean = gaps.reduce((sum, g) => sum + g, 0) / gaps.length
  const spread = Math.sqrt(gaps.reduce((sum, g) => sum + (g - mean) ** 2, 0) / gaps.length)
  return { key, moments, gap: { mean, spread } }
}

/** Folds what is repeated without anything between: "312 reads of the stock, 1.00±0.02 s apart". */
export function foldRuns(moments: readonly Moment[]): Run[] {
  const runs: Run[] = []
  let alike: Moment[] = []
  const close = () => {
    if (alike.length >= shortestRun) runs.push(runOf(alike))
    else for (const m of alike) runs.push(runOf([m]))
    alike = []
  }
  for (const m of moments) {
    if (alike[0] && likeness(alike[0]) !== likeness(m)) close()
    alike.push(m)
  }
  close()
  return runs
}

/** Seconds with the digits that matter: 0.02, 1.00, 12.5, 340. */
export const seconds = (s: number): string => s.toFixed(s >= 100 ? 0 : s >= 10 ? 1 : 2)
