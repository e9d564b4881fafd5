import type { Order, OrderState } from './api/types'
import { addDays, momentOf } from './calendar'
import type { Key } from './i18n/i18n'
import type { Tone } from './ui/parts'

export const stateKeys: Record<OrderState, Key> = {
  held: 'state.held',
  provisional: 'state.provisional',
  confirmed: 'state.confirmed',
  expired: 'state.expired',
  cancelled: 'state.cancelled',
  withdrawn: 'state.withdrawn',
}

export const stateTones: Record<OrderState, Tone> = {
  held: 'warn',
  provisional: 'good',
  confirmed: 'good',
  expired: 'info',
  cancelled: 'info',
  withdrawn: 'bad',
}

/** The visit day is over. */
export const isPast = (order: Order, at: number): boolean => at >= momentOf(addDays(order.date, 1))

/** A hold that ran out is shown as expired before the server says so. */
export function stateOf(order: Order, at: number): OrderState {
  if (order.state === 'held' && order.hold_expires_at && Date.parse(order.hold_expires_at) <= at) return 'expired'
  return order.state
}

export const isBooked = (state: OrderState): boolean => state === 'provisional' || state === 'confirmed'

/** Whole seconds that a hold has left. */
export const secondsLeft = (order: Order, at: number): number =>
  order.hold_expires_at ? Math.max(0, Math.ceil((Date.parse(order.hold_expires_at) - at) / 1000)) : 0

/** 9:05, or 1:02:03. */
export function countdown(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown.map((n, i) => (i === 0 ? String(n) : String(n).padStart(2, '0'))).join(':')
}

/** Read out once a minute, and towards the end at 30 and 10 seconds. */
export const worthSaying = (seconds: number): boolean => (seconds > 0 && seconds % 60 === 0) || seconds === 30 || seconds === 10
