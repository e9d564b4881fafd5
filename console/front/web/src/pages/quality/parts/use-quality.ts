import { useQueries, useQuery } from '@tanstack/react-query'
import { api, ask } from '../../../api/client'
import type { Period } from './period'

interface About {
  pool: string
  immature: boolean
}

const asked = (period: Period, { pool, immature }: About) => ({
  queryKey: ['quality', period.from, period.to, pool, immature], staleTime: 60_000,
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    ask(api.GET('/api/v1/quality', { params: { query: { ...period, ...(pool ? { pool } : {}), ...(immature ? { include_immature: true } : {}) } }, signal })),
})

/** The figures of one period. */
export const useQuality = (period: Period, about: About) => useQuery(asked(period, about))

/** The figures of each of some stretches. */
export const useQualityOver = (periods: readonly Period[], about: About) => useQueries({ queries: periods.map((p) => asked(p, about)) })
