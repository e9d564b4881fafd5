import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { en } from './en'
import { zh } from './zh'

export type Key = keyof typeof zh
export type Language = 'zh' | 'en'

const catalogues: Record<Language, Record<Key, string>> = { zh, en }
const locales: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' }
const kept = 'fairgate.language'
const zone = 'Asia/Shanghai'

/** Chinese, unless the visitor chose English or their browser asks for it first. */
export function chooseLanguage(saved: string | null, wanted: readonly string[]): Language {
  if (saved === 'zh' || saved === 'en') return saved
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0]
    if (base === 'zh' || base === 'en') return base
  }
  return 'zh'
}

export function firstLanguage(): Language {
  let saved: string | null = null
  try {
    saved = localStorage.getItem(kept)
  } catch {
    // Without storage the browser's languages decide.
  }
  return chooseLanguage(saved, navigator.languages)
}

export function keepLanguage(language: Language): void {
  try {
    localStorage.setItem(kept, language)
  } catch {
    // It then holds for this visit.
  }
}

export type Fill = Record<string, string | number>

/** Says things in one language. Moments and days are shown at the venue's time. */
export class Words {
  readonly locale: string
  private readonly formats = new Map<string, Intl.DateTimeFormat>()

  constructor(readonly language: Language) {
    this.locale = locales[language]
  }

  t = (key: Key, fill: Fill = {}): string =>
    catalogues[this.language][key].replace(/\{(\w+)\}/g, (whole, name: string) => (name in fill ? String(fill[name]) : whole))

  /** One of two texts that the house wrote; the other where one is empty. */
  either = (chinese: string | undefined, english: string | undefined): string =>
    (this.language === 'zh' ? chinese || english : english || chinese) ?? ''

  /** Fen as yuan. */
  price = (fen: number): string => (fen === 0 ? this.t('price.free') : `¥${(fen / 100).toFixed(fen % 100 === 0 ? 0 : 2)}`)

  /** A calendar day: "11月22日 周日". */
  day = (date: string): string => this.format(Date.parse(`${date}T04:00:00Z`), { month: 'long', day: 'numeric', weekday: 'short' })

  dayInMonth = (date: string): string => String(Number(date.slice(8)))

  month = (month: string): string => this.format(Date.parse(`${month}-01T04:00:00Z`), { year: 'numeric', month: 'long' })

  /** From Monday on: "一" or "Mo". */
  weekdays = (style: 'narrow' | 'short' | 'long'): string[] =>
    Array.from({ length: 7 }, (_, i) => this.format(Date.UTC(2024, 0, 1 + i, 4), { weekday: style }))

  moment = (at: string | number): string =>
    this.format(typeof at === 'number' ? at : Date.parse(at), { month: 'long', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

  clock = (at: number): string => this.format(at, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })

  /** A length of time in its largest whole unit. */
  span = (seconds: number): string => {
    if (seconds % 86400 === 0) return this.t('time.days', { n: seconds / 86400 })
    if (seconds % 3600 === 0) return this.t('time.hours', { n: seconds / 3600 })
    return this.t('time.minutes', { n: Math.ceil(seconds / 60) })
  }

  private format(at: number, options: Intl.DateTimeFormatOptions): string {
    const name = JSON.stringify(options)
    let format = this.formats.get(name)
    if (!format) {
      format = new Intl.DateTimeFormat(this.locale, { timeZone: zone, ...options })
      this.formats.set(name, format)
    }
    return format.format(at)
  }
}

export const WordsContext = createContext(new Words('zh'))
export const useWords = (): Words => useContext(WordsContext)
