import { useMemo } from 'react'
import { useBudgets, useHits, useRuleset } from '../data'
import type { Budget, Hits, Rule } from '../model'

/** A rule with what is known of it beside its text. */
export interface Listed {
  rule: Rule
  hits: Hits | undefined
  month: Hits | undefined
  budget: Budget | undefined
}

/** The rules as soon as they are there; figures follow when they come. */
export function useListedRules() {
  const ruleset = useRuleset()
  const day = useHits(24).data
  const month = useHits(720).data
  const budgets = useBudgets().data
  const rows = useMemo<Listed[] | undefined>(
    () => ruleset.data?.rules?.map((rule) => ({ rule, hits: day?.get(rule.id), month: month?.get(rule.id), budget: budgets?.find((b) => b.rule === rule.id) })),
    [ruleset.data, day, month, budgets],
  )
  return { ruleset, rows }
}

/** Share of a canary; live rules act on everybody. */
export function percentOf({ mode, share }: Rule): string {
  return mode === 'canary' ? `${Math.round((share ?? 0) * 1000) / 10} %` : mode === 'live' ? '100 %' : '—'
}
