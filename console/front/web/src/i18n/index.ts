import i18next from 'i18next'
import { useCallback } from 'react'
import { initReactI18next, useTranslation } from 'react-i18next'
import type { zhCatalogue } from './zh'

export type Catalogue = typeof zhCatalogue
export type Area = keyof Catalogue
export type Key<A extends Area> = keyof Catalogue[A] & string
/** A word of any area, as 'alerts:group'. */
export type AnyKey = { [A in Area]: `${A}:${Key<A>}` }[Area]
export type Fill = Readonly<Record<string, string | number>>
export type Language = 'zh' | 'en'

const loaders: Record<Language, () => Promise<Record<Area, Readonly<Record<string, string>>>>> = {
  zh: async () => (await import('./zh')).zhCatalogue,
  en: async () => (await import('./en')).enCatalogue,
}

const storageKey = 'fairgate.language'

/** Chinese unless the operator chose English, or the browser speaks it and not Chinese. */
export function chooseLanguage(saved: string | null, wanted: readonly string[]): Language {
  if (saved === 'zh' || saved === 'en') return saved
  const first = wanted.find((tag) => /^(zh|en)\b/i.test(tag))
  return first?.toLowerCase().startsWith('en') ? 'en' : 'zh'
}

/** Loads the words of one language and shows them from then on. */
export async function speak(language: Language): Promise<void> {
  const words = await loaders[language]()
  for (const [area, texts] of Object.entries(words)) i18next.addResourceBundle(language, area, texts, true, true)
  await i18next.changeLanguage(language)
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}

/** Starts the words; to be awaited before anything is shown. */
export async function startWords(language: Language = chooseLanguage(localStorage.getItem(storageKey), navigator.languages)): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language, fallbackLng: false, defaultNS: 'ui', resources: {}, keySeparator: false,
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  })
  await speak(language)
}

/** Shows another language and remembers it on this machine. */
export async function chooseAndSpeak(language: Language): Promise<void> {
  localStorage.setItem(storageKey, language)
  await speak(language)
}

export const currentLanguage = (): Language => (i18next.language === 'en' ? 'en' : 'zh')

export function useLanguage(): Language {
  return useTranslation().i18n.language === 'en' ? 'en' : 'zh'
}

/** The words of one area: const t = useWords('alerts'); t('title', { n: 3 }). */
export function useWords<A extends Area>(area: A): (key: Key<A>, fill?: Fill) => string {
  const { t } = useTranslation(area)
  return useCallback((key: Key<A>, fill?: Fill) => (t as (key: string, fill?: Fill) => string)(key, fill), [t])
}

/** Any word by its full name, for registries: t('alerts:group'). */
export function useAnyWord(): (key: AnyKey, fill?: Fill) => string {
  const { t } = useTranslation()
  return useCallback((key: AnyKey, fill?: Fill) => (t as (key: string, fill?: Fill) => string)(key, fill), [t])
}
