import type { Bilingual } from './i18n.ts'

/** What `doctor` found at one place, and what to do about it. */
export interface Finding {
  readonly check: string
  readonly level: 'ok' | 'warning' | 'fault'
  readonly text: Bilingual
  readonly next?: Bilingual
}
