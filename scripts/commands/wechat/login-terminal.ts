import type { LoginState } from '../../adapters/ilink/login.ts'
import { inLanguage } from '../../core/i18n.ts'
import { speaker } from '../command.ts'
import { type LoginView, typedNumber, type ViewParts, whereToScan } from './login-view.ts'
import { ASK_NUMBER, codeWords, HOW_TO_SCAN, NO_NUMBER, STATE_WORDS, timeLeft, WRONG_NUMBER } from './login-words.ts'
import { terminalPicture } from './qr-picture.ts'

const TICK_MS = 1000

/** The code, and below it one line that is kept up to date: which code, how it is, the time that is left. */
export function terminalView(parts: ViewParts): LoginView {
  const { context, svg, lines, columns } = parts
  const { clock, language } = context
  const t = speaker(context)
  let now: LoginState = 'waiting'
  let which = { code: 0, of: 0 }
  let ends = 0
  /** Somebody types on that line now. */
  let isAsking = false
  let cancel: (() => void) | undefined

  function line(): string {
    // There is no code yet, and none may be had.
    if (which.code === 0) return inLanguage(STATE_WORDS[now], language)
    const left = timeLeft(ends - clock.monotonic())
    const time = now === 'waiting' ? ` · ${t(`${left} at most`, `最多还有 ${left}`)}` : ''
    return `${inLanguage(codeWords(which), language)} · ${inLanguage(STATE_WORDS[now], language)}${time}`
  }

  function tick(): void {
    cancel?.()
    cancel = clock.after(TICK_MS, tick)
    if (!isAsking) context.overwrite(line())
  }

  /** What was said last stays; whatever follows begins on a line of its own. */
  function leave(text: string): void {
    context.overwrite('')
    if (text !== '') context.note(text)
  }

  return {
    code(link, { code, of, expiresInMs }) {
      svg?.show(link)
      which = { code, of }
      ends = clock.monotonic() + expiresInMs
      now = 'waiting'
      leave('')
      context.note(inLanguage(HOW_TO_SCAN, language))
      const picture = terminalPicture(link, columns())
      context.note(picture ?? t('The terminal is too narrow for the code.', '终端太窄，无法显示二维码。'))
      for (const text of whereToScan(parts, link)) context.note(text)
      if (picture === null && svg === null)
        context.note(t('Make it wider, or use --svg FILE.', '请加宽窗口，或使用 --svg 文件。'))
      tick()
    },
    state(state) {
      now = state
      if (state === 'expired' || state === 'blocked') {
        // The next code begins below.
        cancel?.()
        leave(line())
      } else if (!isAsking) context.overwrite(line())
    },
    async ask({ wasWrong, signal }) {
      isAsking = true
      try {
        context.overwrite(inLanguage(wasWrong ? WRONG_NUMBER : ASK_NUMBER, language))
        return await typedNumber(lines, signal, () => context.overwrite(inLanguage(NO_NUMBER, language)))
      } finally {
        isAsking = false
      }
    },
    end() {
      cancel?.()
      leave('')
      svg?.remove()
    },
  }
}
