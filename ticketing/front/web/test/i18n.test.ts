import { describe, expect, it } from 'vitest'
import { en } from '../src/i18n/en'
import { Words, chooseLanguage } from '../src/i18n/i18n'
import { zh } from '../src/i18n/zh'

const sources = import.meta.glob(['../src/**/*.{ts,tsx}', '!../src/i18n/{zh,en}.ts'], { query: '?raw', import: 'default', eager: true }) as Record<string, string>
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort()

describe('the catalogues', () => {
  it('say the same things', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
  })
  it('say nothing that no page asks for', () => {
    const all = Object.values(sources).join('\n')
    expect(Object.keys(zh).filter((key) => !all.includes(`'${key}'`))).toEqual([])
  })
  it.each(Object.keys(zh) as (keyof typeof zh)[])('%s is filled in alike and left empty in neither', (key) => {
    expect(holes(en[key])).toEqual(holes(zh[key]))
    expect(zh[key].trim()).not.toBe('')
    expect(en[key].trim()).not.toBe('')
  })
  it('are Chinese and English, not mixed up', () => {
    const chinese = /\p{Script=Han}/u
    expect(Object.entries(en).filter(([key, text]) => chinese.test(text) && key !== 'app.language')).toEqual([])
    expect(Object.entries(zh).filter(([key, text]) => !chinese.test(text) && key !== 'app.language').map(([key]) => key)).toEqual([])
  })
})

describe('the language', () => {
  it.each([
    [null, ['zh-CN', 'en'], 'zh'],
    [null, ['en-US', 'zh'], 'en'],
    [null, ['zh-TW'], 'zh'],
    [null, ['fr', 'en-GB'], 'en'],
    [null, ['fr'], 'zh'],
    [null, [], 'zh'],
    ['en', ['zh-CN'], 'en'],
    ['zh', ['en'], 'zh'],
    ['xx', ['en'], 'en'],
  ] as const)('saved %s, wanted %j: %s', (saved, wanted, want) => {
    expect(chooseLanguage(saved, wanted)).toBe(want)
  })
})

describe('words', () => {
  const english = new Words('en')
  const chinese = new Words('zh')
  it('fill in and leave what is unknown', () => {
    expect(english.t('orders.persons', { n: 3 })).toBe('Visitors: 3')
    expect(english.t('orders.persons')).toBe('Visitors: {n}')
  })
  it('show prices in yuan', () => {
    expect([0, 1, 6000, 6050].map(chinese.price)).toEqual(['免费', '¥0.01', '¥60', '¥60.50'])
  })
  it('show days and moments at the venue', () => {
    expect(chinese.day('2026-11-22')).toContain('11月22日')
    expect(english.day('2026-11-22')).toMatch(/Sun.*22 November/)
    expect(english.moment('2026-11-21T16:30:00.000Z')).toMatch(/22 November.*00:30/)
    expect(english.weekdays('long')[0]).toBe('Monday')
    expect(chinese.month('2026-11')).toBe('2026年11月')
  })
  it('show lengths of time in whole units', () => {
    expect([86400, 7200, 600, 90].map(english.span)).toEqual(['1 d', '2 h', '10 min', '2 min'])
  })
  it('take the other language where one is missing', () => {
    expect(english.either('中', 'E')).toBe('E')
    expect(english.either('中', '')).toBe('中')
    expect(chinese.either(undefined, 'E')).toBe('E')
    expect(chinese.either(undefined, undefined)).toBe('')
  })
})
