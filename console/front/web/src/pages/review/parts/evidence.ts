import type { Schema } from '../../../api/client'
import type { Language } from '../../../i18n'
import { featureText } from '../../../i18n/feature-text'

type Feature = Schema<'ExplainedFeature'>
type Explained = Schema<'EventExplanation'>

/** What ordinary accounts reach: the 99th or, where few is suspicious, the 1st percentile. */
export interface Norm {
  low?: number
  high?: number
}

export interface Sentence {
  key: string
  rule: string
  feature: string
  text: string
  value?: number
  /** Length of the window in seconds; 0: none. */
  window: number
  norm: Norm
  /** Beyond what ordinary accounts do; undefined where that is not known. */
  suspicious?: boolean
}

/** Percentiles by feature, as /api/v1/normal gives them. */
export function normsOf(rows: readonly Schema<'Row'>[]): Map<string, Norm> {
  const at = (list: Schema<'Row'>['high'], level: number) => list?.find((p) => Math.abs(p.level - level) < 1e-6)?.value
  const norms = new Map<string, Norm>()
  for (const row of rows) {
    if (!row.enough) continue
    const high = at(row.high, 0.99)
    const low = at(row.low, 0.01)
    norms.set(row.of, { ...(high === undefined ? {} : { high }), ...(low === undefined ? {} : { low }) })
  }
  return norms
}

function side(value: number, norm: Norm, thresholds: readonly number[]): boolean | undefined {
  const least = thresholds.length > 0 ? Math.min(...thresholds) : undefined
  if (norm.high !== undefined && value > norm.high) return true
  if (norm.low !== undefined && value < norm.low) return true
  if (norm.high !== undefined || norm.low !== undefined) return false
  return least === undefined ? undefined : value >= least
}

const nanosecond = 1e9

function sentenceOf(rule: string, f: Feature, norms: ReadonlyMap<string, Norm>, language: Language): Sentence {
  const norm = norms.get(f.name) ?? {}
  const suspicious = f.known ? side(f.value, norm, f.thresholds ?? []) : undefined
  return {
    key: `${rule}.${f.name}`, rule, feature: f.name, text: featureText(f, language), window: f.window / nanosecond, norm,
    ...(f.known ? { value: f.value } : {}), ...(suspicious === undefined ? {} : { suspicious }),
  }
}

/** What the rules saw in an event, each feature once, the suspicious first. */
export function sentencesOf(explained: Explained, norms: ReadonlyMap<string, Norm>, language: Language): Sentence[] {
  const out = new Map<string, Sentence>()
  for (const judgement of explained.judgements ?? []) {
    for (const hit of judgement.hits ?? []) {
      for (const f of hit.explanation?.features ?? []) {
        if (!out.has(f.name)) out.set(f.name, sentenceOf(hit.rule, f, norms, language))
      }
    }
  }
  const rank = (s: Sentence) => (s.suspicious === true ? 0 : s.suspicious === undefined ? 1 : 2)
  return [...out.values()].sort((a, b) => rank(a) - rank(b))
}

/** What the rules say in words, in the reader's language where they have it. */
export function messagesOf(explained: Explained, language: Language): { rule: string; text: string }[] {
  const out: { rule: string; text: string }[] = []
  for (const judgement of explained.judgements ?? []) {
    for (const hit of judgement.hits ?? []) {
      const said = hit.explanation?.messages
      const text = (language === 'zh' ? said?.zh : said?.en) ?? said?.en ?? said?.zh ?? hit.explanation?.description ?? ''
      if (!out.some((m) => m.rule === hit.rule)) out.push({ rule: hit.rule, text })
    }
  }
  return out
}

/** A window in words' units: [10, 'minute']. */
export function windowOf(seconds: number): { n: number; unit: 'second' | 'minute' | 'hour' | 'day' } {
  if (seconds >= 86_400 && seconds % 86_400 === 0) return { n: seconds / 86_400, unit: 'day' }
  if (seconds >= 3600 && seconds % 3600 === 0) return { n: seconds / 3600, unit: 'hour' }
  if (seconds >= 60 && seconds % 60 === 0) return { n: seconds / 60, unit: 'minute' }
  return { n: Math.round(seconds * 100) / 100, unit: 'second' }
}
