import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { api, ask, type Schema } from '../../api/client'
import type { Release } from './model'

/** Why a change of the booking system is made, as its header carries it. */
export const because = (reason: string): { 'X-Reason': string } => ({ 'X-Reason': encodeURIComponent(reason) })

/** How the sale of every pool stands. */
export function useSales(refresh?: number): UseQueryResult<Schema<'TicketingSaleList'>> {
  return useQuery({
    queryKey: ['ticketing', 'sales'], queryFn: ({ signal }) => ask(api.GET('/api/v1/ticketing/sales', { signal })), ...(refresh ? { refetchInterval: refresh } : {}),
  })
}

export function usePools(): UseQueryResult<Schema<'TicketingPoolList'>> {
  return useQuery({ queryKey: ['ticketing', 'pools'], queryFn: ({ signal }) => ask(api.GET('/api/v1/ticketing/pools', { signal })) })
}

/** How the release of a pool's day stands; live frames bring it up to date between. */
export function useRelease(pool: string, date: string): UseQueryResult<Release> {
  return useQuery({
    queryKey: ['ticketing', 'release', pool, date], refetchInterval: 5_000,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/ticketing/pools/{pool}/release', { params: { path: { pool }, query: { date } }, signal })),
  })
}

/** One change of a stage: what the booking system would make of it, or makes. */
export interface StageChange {
  paused?: boolean
  at?: string
  quantity?: number
  percent?: number
}

/** Asks how the release would stand after a change. */
export const previewStage = (pool: string, date: string, stage: number, change: StageChange): Promise<Release> =>
  ask(api.POST('/api/v1/ticketing/pools/{pool}/release/{stage}', { params: { path: { pool, stage: String(stage) } }, body: { date, dry_run: true, ...change } }))

/** Makes the change. */
export const changeStage = (pool: string, date: string, stage: number, change: StageChange, reason: string): Promise<Release> =>
  ask(api.POST('/api/v1/ticketing/pools/{pool}/release/{stage}', { params: { path: { pool, stage: String(stage) }, header: because(reason) }, body: { date, ...change } }))
