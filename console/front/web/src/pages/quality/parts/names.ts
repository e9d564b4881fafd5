import type { useWords } from '../../../i18n'

type Words = ReturnType<typeof useWords<'quality'>>

export const sources = ['review', 'appeal', 'sample', 'challenge', 'outcome', 'report'] as const
export const values = ['human', 'scalper', 'unknown'] as const

export function sourceName(t: Words, source: string): string {
  const known = sources.find((s) => s === source)
  return known ? t(`source_${known}`) : source
}

export function valueName(t: Words, value: string): string {
  const known = [...values, 'unlabelled' as const].find((v) => v === value)
  return known ? t(`value_${known}`) : value
}
