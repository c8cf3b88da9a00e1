import type { LoginState } from '../../adapters/ilink/login.ts'
import type { Bilingual } from '../../core/i18n.ts'

/** Each state of a login, as whoever waits for it reads it. */
export const STATE_WORDS: Readonly<Record<LoginState, Bilingual>> = {
  waiting: { en: 'waiting for the scan', zh: '等待扫描' },
  scanned: { en: 'scanned: confirm it on the phone', zh: '已扫描：请在手机上确认' },
  verify_code_needed: { en: 'the phone shows a number', zh: '手机上显示了一个数字' },
  redirected: { en: 'another data centre goes on with it', zh: '已转到另一个数据中心继续' },
  expired: { en: 'this code has expired', zh: '此二维码已过期' },
  blocked: { en: 'too many wrong numbers: this code is of no use any more', zh: '数字输错次数过多：此二维码已失效' },
  no_answer: { en: 'no answer from WeChat; asking again', zh: '微信没有应答；正在重试' },
}

export const HOW_TO_SCAN: Bilingual = {
  en: 'Scan this with WeChat on your phone. Whoever scans it is signed in here: show it to nobody else.',
  zh: '请用手机微信扫描。谁扫描，谁就在此登录：不要给别人看。',
}

export const ASK_NUMBER: Bilingual = {
  en: 'The phone shows a number. Type it here, then Enter: ',
  zh: '手机上显示了一个数字。请在此输入并回车：',
}

export const WRONG_NUMBER: Bilingual = {
  en: 'That number was not right. Once more: ',
  zh: '数字不正确。请再输入一次：',
}

export const NO_NUMBER: Bilingual = {
  en: 'That is no number such as the phone shows. Once more: ',
  zh: '这不是手机上显示的那种数字。请再输入一次：',
}

export function codeWords({ code, of }: { code: number; of: number }): Bilingual {
  return { en: `Code ${code} of ${of}`, zh: `第 ${code} 个二维码（共 ${of} 个）` }
}

/** The server tells no lifetime: this is the longest that one can have (IL §3). */
export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
