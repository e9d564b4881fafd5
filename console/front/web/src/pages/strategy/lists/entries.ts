import type { Schema } from '../../../api/client'

export type ListName = 'deny' | 'exceptions'
export const entities = ['account', 'device', 'session', 'ip', 'document', 'phone'] as const
export type TargetEntity = (typeof entities)[number]
/** An address is shared by too many to be denied; it can be excepted. */
export const denied = ['account', 'device', 'session', 'document', 'phone'] as const

/** Choices of how long an entry stands, in days. */
export const spans = [1, 3, 7, 14, 30, 90] as const

/** Whether an entry stands, has ended, or was lifted. */
export function stateOf(e: Pick<Schema<'Entry'>, 'expires_at' | 'lifted_at'>, now: number): 'stands' | 'ended' | 'lifted' {
  if (e.lifted_at) return 'lifted'
  return e.expires_at && Date.parse(e.expires_at) <= now ? 'ended' : 'stands'
}

/** When an entry made now ends. */
export const endOf = (days: number, now: number): string => new Date(now + days * 86_400_000).toISOString()
