import type { Language } from './index'

/** What a feature counts, in the reader's language: the author's words in English, those of the declaration in Chinese. */
export const featureText = (f: { description?: string | undefined; description_zh: string }, language: Language): string =>
  language === 'zh' ? f.description_zh || f.description || '' : f.description || f.description_zh
