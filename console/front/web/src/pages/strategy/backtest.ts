import type { Backtest } from './model'

type Comparison = NonNullable<Backtest['result']>
export const outcomes = ['newly_blocked', 'newly_challenged', 'freed', 'unchallenged'] as const
export type Outcome = (typeof outcomes)[number]
export const labels = ['human', 'scalper', 'unknown', 'unlabelled'] as const
export type Label = (typeof labels)[number]

/** One cell of the matrix: so many accounts of a label. */
export interface Cell {
  label: Label
  outcome: Outcome
  n: number
  /** Accounts of the label that tried, as far as the result tells; 0 where it does not. */
  of: number
}

/** The matrix of a result, by label. Only for people is there a number that tried; for others it is the share of what changes. */
export function matrix(result: Comparison): Cell[] {
  return labels.flatMap((label) =>
    outcomes.map((outcome) => ({
      label, outcome, n: result[outcome][label],
      of: label === 'human' ? result.newly_harmed_human_rate.denominator : result[outcome].all,
    })),
  )
}

/** What one rule alone does in the new version: accounts that it acted on and those that nobody acted on before. */
export function aloneOf(result: Comparison, rule: string) {
  const found = (result.rules ?? []).find((r) => r.rule === rule)
  if (!found?.new) return undefined
  const before = found.against
  return {
    accounts: found.new.accounts.number + found.new.shadow_accounts.number, humans: found.new.humans.number, scalpers: found.new.scalpers.number,
    added: found.new.accounts.number - (before?.accounts.number ?? 0), addedHumans: found.new.humans.number - (before?.humans.number ?? 0),
    addedScalpers: found.new.scalpers.number - (before?.scalpers.number ?? 0),
    estimated: found.new.accounts.estimated || (before?.accounts.estimated ?? false), shadow: found.new.shadow_accounts.number,
  }
}

/** Share of the changed accounts that carry a label. */
export function coverage(result: Comparison): { n: number; of: number } {
  const all = outcomes.reduce((sum, o) => sum + result[o].all, 0)
  const without = outcomes.reduce((sum, o) => sum + result[o].unlabelled, 0)
  return { n: all - without, of: all }
}

/** A result speaks of one text: it is out of date once the text says something else, or does not compile. */
export const isStale = (job: Pick<Backtest, 'version'>, program: string | undefined): boolean => program !== job.version

export const isOver = (state: Backtest['state']): boolean => state !== 'waiting' && state !== 'running'

const zone = 8 * 3_600_000
const day = 86_400_000

/** Yesterday at the venue, which submitting wants at least. */
export function yesterday(now: number): { from: string; to: string } {
  const midnight = Math.floor((now + zone) / day) * day - zone
  return { from: new Date(midnight - day).toISOString(), to: new Date(midnight).toISOString() }
}

export const periods = ['today', 'yesterday', 'week', 'month'] as const
export type PeriodName = (typeof periods)[number]

/** A period by its name; today goes until now. */
export function periodOf(name: PeriodName, now: number): { from: string; to: string } {
  const { from, to } = yesterday(now)
  switch (name) {
    case 'today': return { from: to, to: new Date(now).toISOString() }
    case 'yesterday': return { from, to }
    case 'week': return { from: new Date(Date.parse(to) - 7 * day).toISOString(), to }
    case 'month': return { from: new Date(Date.parse(to) - 30 * day).toISOString(), to }
  }
}
