import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { api, ask } from '../../api/client'

/** The ruleset that the site runs. */
export function useRulesetName() {
  return useQuery({
    queryKey: ['rulesets'], staleTime: Infinity,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/rulesets', { signal }))).rulesets?.[0] ?? 'museum',
  })
}

/** What the fleet runs: the rules and features in force. */
export function useRuleset() {
  const name = useRulesetName().data
  return useQuery({
    queryKey: ['ruleset', name], enabled: name !== undefined,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/rulesets/{name}', { params: { path: { name: name ?? '' } }, signal })),
  })
}

/** Whom each rule hit within so many hours, by rule. */
export function useHits(hours: number) {
  return useQuery({
    queryKey: ['rule-hits', hours], staleTime: 60_000, retry: false,
    queryFn: async ({ signal }) => {
      const { rules } = await ask(api.GET('/api/v1/rule-hits', { params: { query: { hours } }, signal }))
      return new Map((rules ?? []).map((r) => [r.rule, r]))
    },
  })
}

/** Block budgets in the present hour. */
export function useBudgets() {
  return useQuery({
    queryKey: ['block-budgets'], refetchInterval: 10_000,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/block-budgets', { signal }))).budgets ?? [],
  })
}

/** What a condition can name of an event. */
export function useVocabulary() {
  return useQuery({ queryKey: ['vocabulary'], staleTime: Infinity, queryFn: ({ signal }) => ask(api.GET('/api/v1/vocabulary', { signal })) })
}

/** How ordinary accounts behave over the last week; may be refused or away, and pages go on without. */
export function useNormal() {
  return useQuery({ queryKey: ['normal'], staleTime: 600_000, retry: false, queryFn: ({ signal }) => ask(api.GET('/api/v1/normal', { params: { query: {} }, signal })) })
}

/** Asks anew for everything about rules, after one was changed. */
export function useRulesChanged(): () => Promise<void> {
  const client = useQueryClient()
  return useCallback(async () => {
    await Promise.all([['ruleset'], ['rule'], ['version'], ['versions'], ['block-budgets'], ['mode'], ['table', 'rules']].map((queryKey) => client.invalidateQueries({ queryKey })))
  }, [client])
}
