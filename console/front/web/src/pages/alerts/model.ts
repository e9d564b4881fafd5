import { matchPath } from 'react-router'
import type { Schema } from '../../api/client'
import type { PageRoute } from '../../app/page-route'
import type { Role } from '../../app/roles'
import type { Language } from '../../i18n'

export type Alert = Schema<'Alert'>
export type Silence = Schema<'Silence'>
export type SilenceScope = Pick<Schema<'SilenceBody'>, 'pattern' | 'group' | 'pool'>

export const states = ['firing', 'acknowledged', 'closed'] as const
export type State = (typeof states)[number]
export const isState = (name: string): name is State => (states as readonly string[]).includes(name)

export const severities = ['urgent', 'warning', 'notice'] as const
export type Severity = (typeof severities)[number]
export const isSeverity = (name: string): name is Severity => (severities as readonly string[]).includes(name)

export const patterns = ['hostile_surge', 'pool_drained', 'rule_off_norm', 'budget_near', 'new_cluster', 'engine_degraded', 'miss_rate_moved', 'false_rate_moved'] as const
export type Pattern = (typeof patterns)[number]
export const isPattern = (name: string): name is Pattern => (patterns as readonly string[]).includes(name)

/** Roles that may take, silence and close. */
export const mayTake = (role: Role): boolean => role === 'security'

/** One language of what is said in both; the other where it is missing. */
export const said = (text: Schema<'Text'>, language: Language): string => text[language] || text.zh || text.en

/** How long the response took, or is left, or is over by, in whole seconds. */
export interface Clock {
  /** taken: somebody responded after so long. left: so much remains. late: over by so much. none: it was over before anybody came. */
  state: 'taken' | 'left' | 'late' | 'none'
  seconds: number
}

/** The response clock of an alert: it runs from the first finding until somebody takes it. */
export function clockOf(alert: Pick<Alert, 'since' | 'due' | 'acknowledged_at' | 'state'>, now: number): Clock {
  const whole = (ms: number) => Math.max(0, Math.floor(ms / 1000))
  if (alert.acknowledged_at) return { state: 'taken', seconds: whole(Date.parse(alert.acknowledged_at) - Date.parse(alert.since)) }
  if (alert.state === 'closed') return { state: 'none', seconds: 0 }
  const left = Date.parse(alert.due) - now
  return left >= 0 ? { state: 'left', seconds: whole(left) } : { state: 'late', seconds: whole(-left) }
}

/** Seconds as 4:05, or 1:04:05. */
export function spell(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, '0')
  const whole = Math.max(0, Math.round(seconds))
  const h = Math.floor(whole / 3600)
  const m = Math.floor(whole / 60) % 60
  return h > 0 ? `${h}:${two(m)}:${two(whole % 60)}` : `${m}:${two(whole % 60)}`
}

export const stepKinds = ['overview', 'rule', 'rules', 'case', 'pool', 'release', 'engines', 'quality', 'review', 'page'] as const
/** What is at an address, as a button says it. */
export type StepKind = (typeof stepKinds)[number]

export interface Step {
  to: string
  kind: StepKind
  /** What it is about, where one kind leads to several. */
  about?: string
}

function kindOf(path: string): StepKind {
  const heads: [string, StepKind][] = [
    ['/overview', 'overview'], ['/rules/', 'rule'], ['/cases/', 'case'], ['/ticketing/pools', 'pool'], ['/system/engines', 'engines'], ['/quality', 'quality'],
  ]
  return heads.find(([head]) => path.startsWith(head))?.[1] ?? 'page'
}

/** Steps that a pattern calls for beyond the page that the alert itself names. */
function further({ pattern, pools, group }: Pick<Alert, 'pattern' | 'pools' | 'group'>): Step[] {
  const each = (pools ?? []).slice(0, 3).map((pool): Step => ({ to: `/ticketing/pools/${encodeURIComponent(pool)}`, kind: 'pool', about: pool }))
  switch (pattern) {
    case 'hostile_surge':
      return [{ to: '/rules', kind: 'rules' }, ...each]
    case 'pool_drained':
      return [...each, { to: '/overview', kind: 'overview' }]
    case 'new_cluster':
      return [{ to: '/cases', kind: 'review' }]
    case 'budget_near':
    case 'rule_off_norm':
      return group ? [{ to: `/rules/${encodeURIComponent(group)}`, kind: 'rule' }] : []
    case 'miss_rate_moved':
    case 'false_rate_moved':
      return [{ to: '/rules', kind: 'rules' }]
    default:
      return []
  }
}

/** What to do next, as links: the page that the alert names first, each once, and only pages that are there for the role. */
export function nextSteps(alert: Pick<Alert, 'pattern' | 'pools' | 'group' | 'path'>, role: Role, routes: readonly PageRoute[]): Step[] {
  const named: Step[] = alert.path?.startsWith('/') && !alert.path.startsWith('//') ? [{ to: alert.path, kind: kindOf(alert.path) }] : []
  const open = (to: string) => routes.some((r) => r.roles.includes(role) && matchPath(r.path, to.replace(/[?#].*$/, '')) !== null)
  const seen = new Set<string>()
  return [...named, ...further(alert)].filter((step) => open(step.to) && !seen.has(step.to) && seen.add(step.to))
}

/** What a silence made from an alert covers at first: just this one. An alert about several pools is not named by any of them. */
export function scopeOf({ pattern, group, pools }: Pick<Alert, 'pattern' | 'group' | 'pools'>): SilenceScope {
  const [pool, ...others] = pools ?? []
  return { pattern, ...(group ? { group } : {}), ...(pool && others.length === 0 ? { pool } : {}) }
}

/** Hours that a silence may last, the longest short of 24 h by what clocks may differ. */
export const silenceHours = [1, 2, 4, 8, 24] as const

/** When a silence of so many hours ends; a minute early for the longest, since clocks differ. */
export const silenceEnd = (hours: number, now: number): Date => new Date(now + hours * 3_600_000 - (hours >= 24 ? 60_000 : 0))
