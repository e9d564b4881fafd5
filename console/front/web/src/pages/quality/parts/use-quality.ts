import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../../api/client'
import type { Period } from './period'

export interface About {
  pool: string
  immature: boolean
}

const query = (period: Period, { pool, immature }: About) => ({ ...period, ...(pool ? { pool } : {}), ...(immature ? { include_immature: true } : {}) })
const about = (what: string, period: Period, { pool, immature }: About) => ({ queryKey: ['quality', what, period.from, period.to, pool, immature], staleTime: 60_000 })

/** The figures of a period. */
export const useQuality = (period: Period, of: About) =>
  useQuery({ ...about('whole', period, of), queryFn: ({ signal }) => ask(api.GET('/api/v1/quality', { params: { query: query(period, of) }, signal })) })

/** The same over time: by the hour of one day, else by the day; of each pool where asked. */
export const useSeries = (period: Period, of: About, step: 'hour' | 'day', byPool = false) =>
  useQuery({
    ...about(`series-${step}-${byPool}`, period, of),
    queryFn: ({ signal }) => ask(api.GET('/api/v1/quality/series', { params: { query: { ...query(period, of), step, ...(byPool ? { by_pool: true } : {}) } }, signal })),
  })

/** Whom each rule blocked. */
export const useRules = (period: Period, of: About) =>
  useQuery({ ...about('rules', period, of), queryFn: ({ signal }) => ask(api.GET('/api/v1/quality/rules', { params: { query: query(period, of) }, signal })) })

/** How far challenged accounts came. */
export const useFunnels = (period: Period, of: About) =>
  useQuery({ ...about('challenges', period, of), queryFn: ({ signal }) => ask(api.GET('/api/v1/quality/challenges', { params: { query: query(period, of) }, signal })) })
