import type { Schema } from '../../../api/client'
import { figure, spanText } from '../model'

type Feature = Schema<'FeatureView'>
type Normal = Schema<'Row'>

/** One thing that a condition can name, with what helps to choose it. */
export interface Choice {
  label: string
  kind: 'feature' | 'field' | 'function'
  /** Beside the name: unit, entity and window. */
  detail: string
  /** Below it: what it is, and how people are. */
  info: string
}

/** The words that choices are made of, in the operator's language. */
export interface ChoiceWords {
  unit: (aggregate: string) => string
  per: (entity: string) => string
  about: (feature: Feature) => string
  people: (p50: string, p99: string) => string
  few: string
}

/** What so many per cent of ordinary accounts do not exceed; undefined where too few are known. */
export function percentile(row: Normal | undefined, level: number): number | undefined {
  if (!row?.enough) return undefined
  return (row.high ?? []).find((p) => p.level === level)?.value
}

/** Everything that can be completed: features first, with their unit, window and people's p50 and p99. */
export function choicesOf(features: readonly Feature[], fields: readonly Schema<'FieldView'>[], normal: readonly Normal[], words: ChoiceWords): Choice[] {
  const rows = new Map(normal.map((row) => [row.of, row]))
  return [
    ...features.map((f): Choice => {
      const row = rows.get(f.name)
      const [p50, p99] = [percentile(row, 50), percentile(row, 99)]
      const people = p50 !== undefined && p99 !== undefined ? words.people(figure(p50), figure(p99)) : words.few
      return {
        label: f.name, kind: 'feature', detail: [words.unit(f.aggregate), words.per(f.entity), f.window_seconds > 0 ? spanText(f.window_seconds) : ''].filter(Boolean).join(' · '),
        info: [words.about(f), people].filter(Boolean).join('\n'),
      }
    }),
    ...fields.map((f): Choice => ({ label: f.name, kind: 'field', detail: f.type, info: f.description })),
    ...['known', 'abs', 'min', 'max'].map((name): Choice => ({ label: name, kind: 'function', detail: '', info: '' })),
  ]
}

/** Compared names and numbers of a condition, as far as they stand side by side. */
export function thresholds(when: string): { name: string; value: number }[] {
  return [...when.matchAll(/\b([a-z][a-z0-9_]*)\s*(?:>=?|==)\s*(\d+(?:\.\d+)?)/g)].map((m) => ({ name: m[1] ?? '', value: Number(m[2]) }))
}

/** Thresholds that people never come near: more than ten times their p99. */
export function outside(when: string, normal: readonly Normal[]): { name: string; value: number; p99: number }[] {
  const rows = new Map(normal.map((row) => [row.of, row]))
  return thresholds(when).flatMap(({ name, value }) => {
    const p99 = percentile(rows.get(name), 99)
    return p99 !== undefined && p99 > 0 && value > 10 * p99 ? [{ name, value, p99 }] : []
  })
}
