import type { Frame } from '../../../api/live'
import { verdicts, type Verdict } from '../../../ui/verdict'

/** One second of traffic. */
export interface Point {
  at: number
  perSecond: Record<Verdict, number>
}

/** Ten minutes of seconds. */
export const kept = 600

/** Adds a frame to what the chart shows: the same second only once, nothing older than ten minutes. */
export function add(points: readonly Point[], frame: Frame<'overview'>): readonly Point[] {
  if (!frame.traffic) return points
  const at = Date.parse(frame.at)
  const last = points.at(-1)
  if (last && at <= last.at) return points
  const perSecond = Object.fromEntries(verdicts.map((v) => [v, frame.traffic?.verdicts_per_second[v] ?? 0])) as Record<Verdict, number>
  return [...points.filter((p) => p.at > at - kept * 1000), { at, perSecond }]
}

/** The points as a chart needs them: a hole where seconds are missing, instead of a line across it. */
export function series(points: readonly Point[], verdict: Verdict): [number, number | null][] {
  const out: [number, number | null][] = []
  for (const [i, point] of points.entries()) {
    const before = points[i - 1]
    if (before && point.at - before.at > 3500) out.push([before.at + 1000, null])
    out.push([point.at, point.perSecond[verdict]])
  }
  return out
}

/** Means of ten seconds each, the newest first, for the table. */
export function tens(points: readonly Point[]): { at: number; perSecond: Record<Verdict, number> }[] {
  const groups = new Map<number, Point[]>()
  for (const point of points) {
    const at = Math.floor(point.at / 10_000) * 10_000
    groups.set(at, [...(groups.get(at) ?? []), point])
  }
  return [...groups].reverse().map(([at, of]) => ({
    at,
    perSecond: Object.fromEntries(verdicts.map((v) => [v, of.reduce((sum, p) => sum + p.perSecond[v], 0) / of.length])) as Record<Verdict, number>,
  }))
}
