import { describe, expect, it } from 'vitest'
import { blindTask, bulkable, folded, left, ordersAfter, subjectPath, undecided, type Task, type View } from './model'

const task: Task = { id: 'c1', subject: { entity: 'account', key: 'a1' }, opened_at: '2026-03-03T01:00:00Z', due_at: '2026-03-06T01:00:00Z', judged: false }
const order = (state: string) => ({ id: state, site: 'museum', account: 'a1', order_id: 'o', state, event_id: 'e', receipt: 'r', created_at: '', updated_at: '' })
const found = { id: 'c1', site: 'museum', target: task.subject, state: 'open', severity: 'block', rules: { r: 1 }, findings: 1, score: 90, opened_at: '', updated_at: '', version: 0 }

describe('blind hiding', () => {
  it('drops whatever could tell a flagged account from a drawn one', () => {
    const told = { ...task, severity: 'block', rules: ['r'], score: 90, stratum: 'blocked/80-100' }
    expect(blindTask(told)).toEqual(task)
    expect(Object.keys(blindTask({ ...task, claim: { reviewer: 'ann', until: '' } })).sort()).toEqual(['claim', 'due_at', 'id', 'judged', 'opened_at', 'subject'])
  })
  it('folds a task until its reader has judged it, or it is decided', () => {
    expect(folded(task)).toBe(true)
    expect(folded({ ...task, judged: true })).toBe(false)
    expect(folded({ ...task, case: { ...found, state: 'cleared' } })).toBe(false)
  })
  it('lets only what needs no opinion be decided together', () => {
    expect([bulkable(task), bulkable({ ...task, judged: true }), bulkable({ ...task, subject: { entity: 'cluster', key: 'c' } })]).toEqual([false, true, true])
  })
})

describe('a decision', () => {
  const view: View = { ...task, judged: true, case: found, orders: ['withdrawn', 'pending', 'reinstated', 'past_cutoff', 'lost'].map(order) }
  it('gives orders back only when it clears', () => {
    expect(ordersAfter(view, 'clear')).toEqual({ back: 2, kept: 2, lost: 1 })
    expect(ordersAfter(view, 'confirm')).toEqual({ back: 0, kept: 2, lost: 3 })
  })
  it('is open until somebody decided', () => {
    expect([view, { ...view, case: { ...found, state: 'watch' } }, { ...view, case: { ...found, state: 'confirmed' } }].map(undecided)).toEqual([true, true, false])
  })
})

it('knows where subjects are shown', () => {
  expect(subjectPath({ entity: 'account', key: 'a/1' })).toBe('/accounts/a%2F1')
  expect(subjectPath({ entity: 'device', key: 'd' })).toBe('/fingerprints/d')
  expect(subjectPath({ entity: 'session', key: 's' })).toBeUndefined()
})

it('counts down', () => expect(left('2026-03-03T01:00:00Z', Date.UTC(2026, 2, 3, 2))).toBe(-3_600_000))
