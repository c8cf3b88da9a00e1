import type { Bilingual } from '../core/i18n.ts'

/** For whoever sits at the terminal. */

export function startWaits(reason: string): Bilingual {
  const words = reason.replaceAll('_', ' ')
  return {
    en: `state.db can not be written (${words}). Nothing is fetched from the relay until it can; then this goes on by itself.`,
    zh: `无法写入 state.db（${words}）。在可写之前不会从中继取消息；恢复后会自动继续。`,
  }
}

export const START_GOES_ON: Bilingual = {
  en: 'state.db can be written again: the start goes on.',
  zh: 'state.db 已可写入：继续启动。',
}
