import { actions, modes, type Rule } from '../model'
import { param } from '../../../ui'

/** What the list of rules is narrowed down to; the address holds it. */
export const filterShape = {
  state: param.maybe(modes), action: param.maybe(actions), tag: param.text('', 64), feature: param.text('', 64),
  owner: param.text('', 64), q: param.text('', 100),
}

export interface Filters {
  state: Rule['mode'] | undefined
  action: Rule['action'] | undefined
  tag: string
  feature: string
  owner: string
  q: string
}

/** Whether a rule is one of those asked for. */
export function matches(rule: Rule, f: Filters): boolean {
  const q = f.q.trim().toLowerCase()
  return (!f.state || rule.mode === f.state)
    && (!f.action || rule.action === f.action)
    && (!f.tag || (rule.scenarios ?? []).includes(f.tag) || (rule.tags ?? []).includes(f.tag))
    && (!f.feature || (rule.features ?? []).includes(f.feature))
    && (!f.owner || rule.owner === f.owner)
    && (!q || [rule.id, rule.description ?? '', rule.messages.zh ?? '', rule.messages.en ?? ''].some((text) => text.toLowerCase().includes(q)))
}

/** The values that some rule has, for a filter's choices. */
export function choices(rules: readonly Rule[], of: (rule: Rule) => readonly (string | undefined)[]): string[] {
  return [...new Set(rules.flatMap((r) => [...of(r)]).filter((v): v is string => !!v))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}
