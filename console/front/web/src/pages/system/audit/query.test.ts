import { expect, test } from 'vitest'
import { auditQuery } from './query'

const nothing = { actor: '', action: '', object: '', from: '', to: '' }

test('nothing wanted asks for everything', () => {
  expect(auditQuery(nothing)).toEqual({})
})

test('days are those of the venue, and the last one is included', () => {
  expect(auditQuery({ ...nothing, actor: 'li.na', from: '2026-11-21', to: '2026-11-22' })).toEqual({
    actor: 'li.na', from: '2026-11-20T16:00:00.000Z', to: '2026-11-22T16:00:00.000Z',
  })
})

test('what is no day in the address is left out', () => {
  expect(auditQuery({ ...nothing, from: 'yesterday', to: '2026-1-1' })).toEqual({})
})
