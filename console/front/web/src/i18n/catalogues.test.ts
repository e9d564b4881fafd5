import { describe, expect, it } from 'vitest'
import { chooseLanguage } from '.'
import { enCatalogue } from './en'
import { zhCatalogue } from './zh'

const sources = Object.entries(
  import.meta.glob(['../**/*.{ts,tsx}', '!../**/*.test.{ts,tsx}', '!../**/{messages,ui}.{zh,en}.ts', '!../api/schema.d.ts'], { query: '?raw', import: 'default', eager: true }) as Record<string, string>,
).map(([, text]) => text).join('\n')

const flat = (catalogue: object): Map<string, string> =>
  new Map(Object.entries(catalogue).flatMap(([area, words]) => Object.entries(words as Record<string, string>).map(([key, text]) => [`${area}:${key}`, text])))
const zh = flat(zhCatalogue)
const en = flat(enCatalogue)
const holes = (text = '') => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort()

describe('the catalogues', () => {
  it('say the same things', () => {
    expect([...en.keys()].sort()).toEqual([...zh.keys()].sort())
  })
  it('are filled in alike and leave nothing empty', () => {
    expect([...zh.keys()].filter((key) => JSON.stringify(holes(zh.get(key))) !== JSON.stringify(holes(en.get(key))))).toEqual([])
    expect([...zh, ...en].filter(([, text]) => text.trim() === '')).toEqual([])
  })
  it('are Chinese and English, not mixed up', () => {
    const chinese = /\p{Script=Han}/u
    expect([...en].filter(([, text]) => chinese.test(text)).map(([key]) => key)).toEqual([])
    expect([...zh].filter(([, text]) => !chinese.test(text) && /[a-z]{4}/i.test(text.replace(/\{\{\w+\}\}/g, ''))).map(([key]) => key)).toEqual([])
  })
  it('say nothing that no page asks for', () => {
    // A key is asked for as 'key', 'area:key', or by a template such as `role_${…}` or `${…}_title`.
    const templates = [...sources.matchAll(/`(?:\w+:)?(\w+_)\$\{/g)].map((m) => m[1] ?? '')
    const endings = [...sources.matchAll(/`\$\{[^`{}]*\}(_\w+)`/g)].map((m) => m[1] ?? '')
    const asked = (full: string) => {
      const key = full.slice(full.indexOf(':') + 1)
      return key === 'group' || sources.includes(`'${key}'`) || sources.includes(`'${full}'`) || templates.some((t) => key.startsWith(t)) || endings.some((e) => key.endsWith(e))
    }
    expect([...zh.keys()].filter((key) => !asked(key))).toEqual([])
  })
})

describe('the language', () => {
  it.each([
    [null, ['zh-CN', 'en'], 'zh'],
    [null, ['en-US', 'zh'], 'en'],
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
