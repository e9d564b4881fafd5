import type { Schema } from '../../api/client'
import type { Role } from '../../app/roles'
import type { Language } from '../../i18n'

export type Release = Schema<'TicketingReleaseBody'>
export type Stage = Schema<'TicketingStageStatus'>
export type Sale = Schema<'TicketingPoolSale'>
export type Order = Schema<'TicketingOrder'>
export type Day = Schema<'TicketingDay'>

export const mayReadTicketing = (role: Role): boolean => role === 'box_office' || role === 'administrator' || role === 'auditor'
export const mayEditTicketing = (role: Role): boolean => role === 'box_office'

/** A name in the operator's language, or in the one there is. */
export const nameOf = (zh: string, en: string | undefined, language: Language): string => (language === 'en' && en ? en : zh)

export const orderStates = ['held', 'provisional', 'confirmed', 'expired', 'cancelled', 'withdrawn'] as const
export type OrderState = (typeof orderStates)[number]
export const isOrderState = (name: string): name is OrderState => (orderStates as readonly string[]).includes(name)
/** Orders whose places were given back. */
export const givenBack: readonly OrderState[] = ['cancelled', 'withdrawn', 'expired']

export const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2)}`

/** The release of a pool's day as addresses name it: main@2026-05-10. */
export const releaseID = (pool: string, date: string): string => `${pool}@${date}`
export const releasePath = (pool: string, date: string): string => `/ticketing/releases/${encodeURIComponent(releaseID(pool, date))}/live`

/** Reads it; undefined where it is none. */
export function parseRelease(id: string): { pool: string; date: string } | undefined {
  const [, pool = '', date = ''] = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63})@(\d{4}-\d{2}-\d{2})$/.exec(id) ?? []
  return pool && !Number.isNaN(Date.parse(date)) ? { pool, date } : undefined
}

/** How far a stage has come. due: its time is there and the booking system is about to release it. */
export type StageState = 'planned' | 'due' | 'open' | 'paused' | 'sold_out'

export function stageState(stage: Stage, now: number): StageState {
  if (stage.paused) return 'paused'
  if (!stage.fired_at) return Date.parse(stage.at) <= now ? 'due' : 'planned'
  return stage.left === 0 && stage.returning === 0 ? 'sold_out' : 'open'
}

/** Where a moment stands between two others, 0 to 100, for the time axis. */
export function position(at: number, from: number, to: number): number {
  if (to <= from) return 0
  return Math.min(100, Math.max(0, ((at - from) / (to - from)) * 100))
}

/** What the axis shows: from an hour before the first stage, or now, until an hour after the last. */
export function axisOf(stages: readonly Stage[], now: number): { from: number; to: number } {
  const moments = [now, ...stages.map((s) => Date.parse(s.fired_at ?? s.at))]
  const [first, last] = [Math.min(...moments), Math.max(...moments)]
  const margin = Math.max(60_000, (last - first) * 0.08)
  return { from: first - margin, to: last + margin }
}

export interface Sample {
  at: number
  sold: number
}

/** Keeps what is needed for rates: the last half minute. */
export const keepSamples = (samples: readonly Sample[], next: Sample): Sample[] =>
  samples.at(-1)?.at === next.at ? [...samples] : [...samples.filter((s) => next.at - s.at <= 30_000), next]

/** Places sold a second over what was kept; undefined before there are two moments. */
export function perSecond(samples: readonly Sample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || last.at - first.at < 900) return undefined
  return ((last.sold - first.sold) * 1000) / (last.at - first.at)
}

export const soldOf = (release: Pick<Release, 'stages'>): number => release.stages.reduce((sum, s) => sum + s.sold, 0)
export const heldOf = (release: Pick<Release, 'stages'>): number => release.stages.reduce((sum, s) => sum + s.held, 0)

/** A release with the figures of a live frame in it; as it is where the frame has none, or the stages are others. */
export function withFrame(release: Release, frame: Schema<'Release'> | undefined): Release {
  const stages = frame?.stages ?? []
  if (!frame || frame.fault || !frame.as_of || stages.length !== release.stages.length) return release
  const { booked, capacity, left, withheld, reserved } = frame
  return { ...release, booked, capacity, left, withheld, reserved, stages: release.stages.map((s) => ({ ...s, ...stages.find((f) => f.stage === s.stage) })) }
}

/** What a change does to the figures that count, before → after. */
export interface Effect {
  figure: 'left' | 'withheld' | 'booked'
  before: number
  after: number
}

/** The figures of a day that a change moves; booked first, since it must not move. */
export function effectsOf(before: Release, after: Release): Effect[] {
  return (['booked', 'left', 'withheld'] as const).map((figure) => ({ figure, before: before[figure], after: after[figure] }))
}

/** The stage that somebody in a hurry means: the one that is selling, or paused, last; else the next one. */
export function hotStage(stages: readonly Stage[]): Stage | undefined {
  return stages.findLast((s) => s.fired_at !== null) ?? stages.find((s) => s.fired_at === null)
}

/** The weeks of a month, Monday first, with empty places before and after. */
export function weeksOf(month: string): (string | undefined)[][] {
  const [year = 0, m = 0] = month.split('-').map(Number)
  const days = new Date(Date.UTC(year, m, 0)).getUTCDate()
  const lead = (new Date(Date.UTC(year, m - 1, 1)).getUTCDay() + 6) % 7
  const cells = [...Array<undefined>(lead).fill(undefined), ...Array.from({ length: days }, (_, i) => `${month}-${String(i + 1).padStart(2, '0')}`)]
  while (cells.length % 7 !== 0) cells.push(undefined)
  return Array.from({ length: cells.length / 7 }, (_, w) => cells.slice(w * 7, w * 7 + 7))
}

/** The month so many from another: 2026-12 and 1 is 2027-01. */
export function monthFrom(month: string, ahead: number): string {
  const [year = 0, m = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, m - 1 + ahead, 1)).toISOString().slice(0, 7)
}

/** Days written in a form, separated by anything; what is none is left out. */
export const datesOf = (text: string): string[] => text.match(/\d{4}-\d{2}-\d{2}/g) ?? []
