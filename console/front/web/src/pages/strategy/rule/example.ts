import type { Schema } from '../../../api/client'

/** What a rule is tried on: a recorded event, or a pasted example. */
export interface Subject {
  eventID: string
  json: string
}

type Example = Schema<'ExampleBody'>

const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

/** The example that the JSON describes: {"kind", "event", "features"}; `fault` says why there is none. */
export function exampleOf(subject: Subject): { event_id: string } | { example: Example } | { fault: string } {
  if (subject.eventID) return { event_id: subject.eventID }
  let read: unknown
  try {
    read = JSON.parse(subject.json)
  } catch (error) {
    return { fault: error instanceof Error ? error.message : 'JSON' }
  }
  if (!isRecord(read) || typeof read.kind !== 'string') return { fault: 'kind' }
  const features = isRecord(read.features) ? Object.entries(read.features).filter((f): f is [string, number] => typeof f[1] === 'number') : []
  return { example: { kind: read.kind, ...(isRecord(read.event) ? { event: read.event } : {}), features: Object.fromEntries(features) } }
}

/** An example to begin with: what the rule reads, all zero. */
export function firstExample(kind: string, reads: readonly string[]): string {
  return JSON.stringify({ kind, event: { account: 'a1', device: 'd1' }, features: Object.fromEntries(reads.map((name) => [name, 0])) }, null, 2)
}

/** The first kind of event that a declaration names. */
export const kindOf = (declaration: string): string => /^events:\s*\[\s*([\w.]+)/m.exec(declaration)?.[1] ?? 'order.submit'

/** The id that a declaration gives its rule. */
export const idOf = (declaration: string): string => /^id:\s*"?([a-z][a-z0-9_]*)/m.exec(declaration)?.[1] ?? ''

/** The action that a declaration gives its rule. */
export const fieldOf = (declaration: string, name: 'action' | 'mode'): string => new RegExp(`^${name}:\\s*"?(\\w+)`, 'm').exec(declaration)?.[1] ?? ''
