import type { Role } from '../../app/roles'
import type { Schema } from '../../api/client'

export type Rule = Schema<'RuleView'>
export type Ruleset = Schema<'RulesetView'>
export type Version = Schema<'VersionView'>
export type Hits = Schema<'Rule'>
export type Budget = Schema<'StandingBlocks'>
export type Backtest = Schema<'JobsJob'>
export type Change = Schema<'Change'>
export type Check = Schema<'RuleCheck'>
export type Objection = Schema<'Objection'>

export const modes = ['draft', 'shadow', 'canary', 'live', 'retired'] as const
export type Mode = (typeof modes)[number]
export const isMode = (name: string | undefined): name is Mode => modes.some((m) => m === name)

export const actions = ['score', 'flag', 'challenge', 'block'] as const
export type Action = (typeof actions)[number]

/** The largest paste that the editor takes, in bytes, as the API does. */
export const maxText = 65_536

/** One way to weaken a rule; one person may do it alone. */
export type Weakening = { action: 'flag' | 'challenge' } | { mode: 'shadow' | 'retired' }

/** What would weaken a rule, the mildest step first. */
export function weakenings(rule: Pick<Rule, 'action' | 'mode'>): Weakening[] {
  const out: Weakening[] = []
  if (rule.mode !== 'live' && rule.mode !== 'canary') return rule.mode === 'shadow' ? [{ mode: 'retired' }] : []
  if (rule.action === 'block') out.push({ action: 'challenge' })
  if (rule.action === 'block' || rule.action === 'challenge') out.push({ action: 'flag' })
  out.push({ mode: 'shadow' })
  return out
}

/** Who may do what to rules; the server enforces it. */
export const may = {
  edit: (role: Role) => role === 'analyst',
  weaken: (role: Role) => role === 'analyst' || role === 'security',
  approve: (role: Role) => role === 'administrator',
  /** To turn a version down: who writes, and who approves. */
  reject: (role: Role) => role === 'analyst' || role === 'administrator',
  backtest: (role: Role) => role === 'analyst',
  readBacktests: (role: Role) => role === 'analyst' || role === 'administrator' || role === 'auditor',
  lift: (role: Role) => role === 'administrator',
  undo: (role: Role) => role === 'administrator',
  observe: (role: Role) => role === 'security' || role === 'administrator',
  lists: (role: Role) => role === 'analyst' || role === 'administrator',
}

/** Whether somebody may be the second person for a version: neither its author nor an editor. */
export function mayApprove(role: Role, name: string, version: Pick<Version, 'author' | 'editors' | 'state'>): boolean {
  return may.approve(role) && version.state === 'proposed' && version.author !== name && !(version.editors ?? []).includes(name)
}

/** The objections that keep a version from being submitted: those nobody can set aside, and those that the server bars. */
export function blocking(objections: readonly Objection[]): Objection[] {
  return objections.filter((o) => !o.overridable || o.bars_proposal === true)
}

/** A time span in the words of a ruleset: 90s, 10m, 24h, 30d. */
export function spanText(seconds: number): string {
  for (const [unit, size] of [['d', 86_400], ['h', 3_600], ['m', 60]] as const) {
    if (seconds >= size && seconds % size === 0 && (unit !== 'd' || seconds > size)) return `${seconds / size}${unit}`
  }
  return `${seconds}s`
}

/** A number as figures show it: no more digits than say something. */
export const figure = (value: number): string => (Number.isInteger(value) ? value.toLocaleString('en') : Number(value.toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 4 }))
