import { expect, it } from 'vitest'
import { endOf, stateOf } from './entries'

it('tells entries that stand from those that do not', () => {
  const now = Date.parse('2026-11-22T00:00:00Z')
  expect(stateOf({}, now)).toBe('stands')
  expect(stateOf({ expires_at: endOf(1, now) }, now)).toBe('stands')
  expect(stateOf({ expires_at: endOf(0, now) }, now)).toBe('ended')
  expect(stateOf({ expires_at: endOf(1, now), lifted_at: '2026-11-21T00:00:00Z' }, now)).toBe('lifted')
})
