import { describe, expect, it } from 'vitest'
import type { Schema } from '../../../api/client'
import { messagesOf, normsOf, sentencesOf, windowOf } from './evidence'

const feature = (name: string, value: number, more: Partial<Schema<'ExplainedFeature'>> = {}): Schema<'ExplainedFeature'> => ({
  name, description_zh: '', value, known: true, entity: 'device', aggregate: 'distinct', window: 600e9, ...more,
})
const explained = (...features: Schema<'ExplainedFeature'>[]): Schema<'EventExplanation'> => ({
  id: 'e', time: '2026-03-03T01:00:00Z', site: 'museum', kind: 'order.submit', edge: { action: 'block' }, followed: [], order: [],
  judgements: [{
    stage: 'inline', action: 'block', score: 80,
    hits: [{ kind: 'rule', rule: 'farm', action: 'block', entity: 'device', explanation: {
      rule: 'farm', ruleset: 'v', when: 'x > 3', action: 'block', entity: 'device', messages: { zh: '十四个账号', en: 'fourteen accounts' }, features,
    } }],
  }],
})
const row = (of: string, high: number, enough = true): Schema<'Row'> => ({ of, accounts: 900, enough, low: [{ level: 0.01, value: 0 }], high: [{ level: 0.5, value: 1 }, { level: 0.99, value: high }] })

describe('evidence', () => {
  it('compares with what people do, and puts the suspicious first', () => {
    const norms = normsOf([row('accounts', 3), row('pace', 50), row('rare', 1, false)])
    const sentences = sentencesOf(explained(feature('pace', 20), feature('rare', 9), feature('accounts', 14)), norms, 'en')
    expect(sentences.map((s) => [s.feature, s.suspicious, s.norm.high])).toEqual([['accounts', true, 3], ['rare', undefined, undefined], ['pace', false, 50]])
    expect(sentences[0]?.window).toBe(600)
  })
  it('goes by the rule\'s threshold where nobody knows what people do', () => {
    expect(sentencesOf(explained(feature('a', 5, { thresholds: [3, 9] }), feature('b', 1, { thresholds: [3] })), new Map(), 'en').map((s) => s.suspicious)).toEqual([true, false])
  })
  it('says nothing of what was not known', () => {
    const [s] = sentencesOf(explained(feature('a', 0, { known: false, thresholds: [0] })), new Map(), 'en')
    expect(s?.value).toBeUndefined()
    expect(s?.suspicious).toBeUndefined()
  })
  it('speaks the reader\'s language', () => {
    expect(messagesOf(explained(), 'zh')).toEqual([{ rule: 'farm', text: '十四个账号' }])
    expect(messagesOf(explained(), 'en')[0]?.text).toBe('fourteen accounts')
  })
  it.each([[600, 10, 'minute'], [3600, 1, 'hour'], [86_400, 1, 'day'], [1.5, 1.5, 'second'], [90, 90, 'second']])('%d s', (s, n, unit) => expect(windowOf(s)).toEqual({ n, unit }))
})
