/** Every text for people exists in both languages, side by side where it is used, so that neither can be forgotten. */

export type Language = 'en' | 'zh'

export interface Bilingual {
  readonly en: string
  readonly zh: string
}

/** The language of a locale name such as `zh_CN.UTF-8`; English for everything that is not Chinese. */
export function languageOfLocale(locale: string | undefined): Language {
  return /^zh\b|^zh[-_]/i.test(locale ?? '') ? 'zh' : 'en'
}

export function bilingual(text: Bilingual | string): Bilingual {
  return typeof text === 'string' ? { en: text, zh: text } : text
}

export function inLanguage(text: Bilingual | string, language: Language): string {
  return typeof text === 'string' ? text : text[language]
}
