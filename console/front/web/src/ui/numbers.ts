import type { Language } from '../i18n'

const units: Record<Language, readonly [number, string][]> = {
  zh: [[1e8, '亿'], [1e4, '万']],
  en: [[1e6, 'M'], [1e3, 'k']],
}

/** A large figure for axes and cards: 1.2万, 12k. Everywhere else figures are whole. */
export function short(value: number, language: Language): string {
  const [size, unit] = units[language].find(([least]) => Math.abs(value) >= least) ?? [1, '']
  const shown = value / size
  return `${shown.toFixed(Math.abs(shown) < 10 && shown % 1 !== 0 ? 1 : 0)}${unit}`
}

/** A figure with its thousands set apart. */
export const whole = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 0 })

/** A length of time in its two largest units: 1 h 5 min. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`
}
