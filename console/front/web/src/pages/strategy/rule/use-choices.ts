import { useMemo } from 'react'
import type { Schema } from '../../../api/client'
import { useLanguage, useWords } from '../../../i18n'
import { featureText } from '../../../i18n/feature-text'
import { useNormal } from '../data'
import { useEntityName } from '../tags'
import { choicesOf, type Choice } from './completion'

const units = {
  count: 'unit_times', distinct: 'unit_distinct', sum: 'unit_sum', regularity: 'unit_cv', since_first: 'unit_seconds', since_last: 'unit_seconds', since_other: 'unit_seconds', age: 'unit_seconds',
  ratio: 'unit_share', share: 'unit_share', change: 'unit_share',
} as const

/** What a feature's numbers are. */
export function useUnit(): (aggregate: string) => string {
  const t = useWords('strategy')
  return (aggregate) => {
    const known = Object.entries(units).find(([name]) => name === aggregate)
    return known ? t(known[1]) : aggregate
  }
}

/** What can be completed in a condition. */
export function useChoices(features: readonly Schema<'FeatureView'>[], vocabulary: Schema<'Vocabulary'> | undefined): Choice[] {
  const t = useWords('strategy')
  const language = useLanguage()
  const unit = useUnit()
  const entity = useEntityName()
  const rows = useNormal().data?.rows
  return useMemo(
    () => choicesOf(features, vocabulary?.fields ?? [], rows ?? [], {
      unit, about: (f) => featureText(f, language), per: (e) => t('per', { entity: entity(e) }), people: (p50, p99) => t('completion_people', { p50, p99 }), few: t('completion_few'),
    }),
    [features, vocabulary, rows, t, language],
  )
}
