import type { Schema } from '../../api/client'
import type { Role } from '../../app/roles'

export type Task = Schema<'Task'>
export type View = Schema<'View'>
export type Standing = Schema<'Standing'>
export type Moment = Schema<'Moment'>
export type Appeal = Schema<'Appeal'>
export type Target = Schema<'Target'>

export const verbs = ['confirm', 'clear', 'watch'] as const
export type Verb = (typeof verbs)[number]
export const opinions = ['human', 'scalper', 'unknown'] as const
export type OpinionValue = (typeof opinions)[number]
export const entities = ['account', 'cluster', 'device', 'session'] as const
export type EntityName = (typeof entities)[number]

export const isOpinion = (s: string): s is OpinionValue => (opinions as readonly string[]).includes(s)
export const isEntity = (s: string): s is EntityName => (entities as readonly string[]).includes(s)

/** Whether the role may give opinions and decide; the server says the same. */
export const mayDecide = (role: Role): boolean => role === 'administrator'

/** The most cases of one bulk decision. */
export const maxBulk = 500
/** For how many days clearing excepts a subject where nothing else is chosen, and at most. */
export const exceptDays = { usual: 7, most: 184 }

/** Where a subject is shown, where it has a page of its own. */
export function subjectPath({ entity, key }: Target): string | undefined {
  if (entity === 'account') return `/accounts/${encodeURIComponent(key)}`
  if (entity === 'cluster') return `/clusters/${encodeURIComponent(key)}`
  return entity === 'device' ? `/fingerprints/${encodeURIComponent(key)}` : undefined
}

/** Tasks that may be decided together: those the reader has judged, and subjects that need no blind opinion. */
export const bulkable = (task: Task): boolean => task.judged || task.subject.entity !== 'account'

/**
 * What the queue may show of a task before an opinion: nothing that tells a
 * drawn account from a flagged one. Whatever else an answer holds is dropped.
 */
export function blindTask(task: Task): Task {
  const { id, subject, opened_at, due_at, judged, claim } = task
  return { id, subject: { entity: subject.entity, key: subject.key }, opened_at, due_at, judged, ...(claim ? { claim } : {}) }
}

/** Whether the case is still folded for its reader. */
export const folded = (view: View): boolean => !view.judged && !view.case

export const undecided = (view: View): boolean => !view.case || view.case.state === 'open' || view.case.state === 'watch'

/** For how long a confirmation can be taken back, in seconds, as the server does. */
export const takeBackSeconds = 30

/** Orders that clearing would give back, and those that stay lost. */
export function ordersAfter(view: View, verb: Verb): { back: number; kept: number; lost: number } {
  const orders = view.orders ?? []
  const taken = orders.filter((o) => o.state === 'withdrawn' || o.state === 'pending').length
  const lost = orders.filter((o) => o.state === 'gone' || o.state === 'lost').length
  const kept = orders.length - taken - lost
  return verb === 'clear' ? { back: taken, kept, lost } : { back: 0, kept, lost: lost + taken }
}

/** How long until a moment, in milliseconds; negative once it is past. */
export const left = (due: string, now: number): number => new Date(due).getTime() - now
