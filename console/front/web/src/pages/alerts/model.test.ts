import { describe, expect, it } from 'vitest'
import { who } from '../../app/roles'
import type { PageRoute } from '../../app/page-route'
import { clockOf, nextSteps, said, scopeOf, silenceEnd, spell } from './model'

const t0 = Date.parse('2026-05-10T09:30:00+08:00')
const at = (minutes: number) => new Date(t0 + minutes * 60_000).toISOString()

describe('the response clock', () => {
  const firing = { since: at(0), due: at(30), state: 'firing' }
  it.each([
    ['runs down', firing, 10, { state: 'left', seconds: 1200 }],
    ['has nothing left', firing, 30, { state: 'left', seconds: 0 }],
    ['is over', firing, 31, { state: 'late', seconds: 60 }],
    ['stops when somebody takes it', { ...firing, state: 'acknowledged', acknowledged_at: at(4) }, 50, { state: 'taken', seconds: 240 }],
    ['keeps what it was after closing', { ...firing, state: 'closed', acknowledged_at: at(4) }, 99, { state: 'taken', seconds: 240 }],
    ['measures nothing where nobody came', { ...firing, state: 'closed' }, 99, { state: 'none', seconds: 0 }],
  ])('%s', (_, alert, minute, want) => {
    expect(clockOf(alert, t0 + minute * 60_000)).toEqual(want)
  })
  it.each([[0, '0:00'], [65, '1:05'], [3_845, '1:04:05'], [-3, '0:00']])('spells %i s as %s', (seconds, want) => {
    expect(spell(seconds)).toBe(want)
  })
})

describe('next steps', () => {
  const page = (path: string, roles: string): PageRoute => ({ path, title: 'alerts:group', roles: who(roles), load: () => Promise.reject(new Error('not opened')) })
  const routes = [page('/overview', 'asdbu'), page('/rules', 'adsu'), page('/rules/:id', 'adsu'), page('/ticketing/pools/:id', 'bdu')]
  it('begin with what the alert names, and name each page once', () => {
    expect(nextSteps({ pattern: 'rule_off_norm', group: 'rotation', pools: [], path: '/rules/rotation' }, 'security', routes)).toEqual([{ to: '/rules/rotation', kind: 'rule' }])
  })
  it('leave out pages that the role may not open, or that are not there', () => {
    const surge = { pattern: 'hostile_surge', pools: ['main', 'evening'], path: '/overview' }
    expect(nextSteps(surge, 'security', routes).map((s) => s.to)).toEqual(['/overview', '/rules'])
    expect(nextSteps(surge, 'administrator', routes).map((s) => s.to)).toEqual(['/overview', '/rules', '/ticketing/pools/main', '/ticketing/pools/evening'])
    expect(nextSteps({ pattern: 'engine_degraded', pools: null, path: '/system/engines' }, 'security', routes)).toEqual([])
  })
  it('lead nowhere else', () => {
    expect(nextSteps({ pattern: 'engine_degraded', pools: [], path: '//evil.example/x' }, 'security', [page('*', 's')])).toEqual([])
    expect(nextSteps({ pattern: 'engine_degraded', pools: [], path: 'javascript:alert(1)' }, 'security', [page('*', 's')])).toEqual([])
  })
})

describe('a silence', () => {
  it('is about the one alert at first', () => {
    expect(scopeOf({ pattern: 'hostile_surge', pools: ['main'] })).toEqual({ pattern: 'hostile_surge', pool: 'main' })
    expect(scopeOf({ pattern: 'rule_off_norm', group: 'rotation', pools: null })).toEqual({ pattern: 'rule_off_norm', group: 'rotation' })
  })
  it('names no pool of several, which would cover nothing', () => {
    expect(scopeOf({ pattern: 'hostile_surge', pools: ['main', 'evening'] })).toEqual({ pattern: 'hostile_surge' })
  })
  it('ends within 24 hours', () => {
    expect(silenceEnd(1, t0).toISOString()).toBe(at(60))
    expect(silenceEnd(24, t0).getTime()).toBeLessThan(t0 + 24 * 3_600_000)
  })
})

describe('what is said', () => {
  it('is in the operator’s language, or in the other where that is missing', () => {
    expect([said({ zh: '中', en: 'e' }, 'en'), said({ zh: '中', en: '' }, 'en'), said({ zh: '', en: 'e' }, 'zh')]).toEqual(['e', '中', 'e'])
  })
})
