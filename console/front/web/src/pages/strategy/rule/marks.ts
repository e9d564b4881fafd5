import type { Check } from '../model'
import type { Mark } from './code-field'

type Fault = NonNullable<Check['faults']>[number]

/** Where the n-th character stands in a JavaScript string, which counts UTF-16 units. */
export function unitOf(text: string, character: number): number {
  let units = 0
  let left = character
  for (const c of text) {
    if (left-- <= 0) break
    units += c.length
  }
  return units
}

/** The range of a line, counted from 1. */
export function lineRange(text: string, line: number): { from: number; to: number } {
  const lines = text.split('\n')
  const at = Math.min(Math.max(line, 1), lines.length)
  const from = lines.slice(0, at - 1).reduce((sum, l) => sum + l.length + 1, 0)
  return { from, to: from + (lines[at - 1]?.length ?? 0) }
}

/** Faults of one part of a rule as ranges of its text. */
export function marksOf(faults: readonly Fault[], part: 'when' | 'declaration', text: string): Mark[] {
  return faults.filter((f) => f.part === part).map((f) => {
    const range = part === 'when' ? { from: unitOf(text, f.from), to: unitOf(text, f.to) } : lineRange(text, f.line ?? 1)
    return { ...range, text: f.detail, severity: 'error' }
  })
}

/** The text with a fault's suggestion in its place. */
export function corrected(text: string, fault: Fault): string {
  return fault.suggestion ? text.slice(0, unitOf(text, fault.from)) + fault.suggestion + text.slice(unitOf(text, fault.to)) : text
}
