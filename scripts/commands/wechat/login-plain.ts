import { inLanguage } from '../../core/i18n.ts'
import { type LoginView, typedNumber, type ViewParts, whereToScan } from './login-view.ts'
import { ASK_NUMBER, codeWords, HOW_TO_SCAN, NO_NUMBER, STATE_WORDS, WRONG_NUMBER } from './login-words.ts'
import { terminalPicture } from './qr-picture.ts'

/** A line when something changes, and no more: what is written here is kept. */
export function plainView(parts: ViewParts): LoginView {
  const { context, svg, lines, columns } = parts
  const say = (text: Parameters<typeof inLanguage>[0]) => context.note(inLanguage(text, context.language).trimEnd())
  return {
    code(link, shown) {
      svg?.show(link)
      say(codeWords(shown))
      say(HOW_TO_SCAN)
      // Only stderr is in a pipe.
      const picture = context.terminal ? terminalPicture(link, columns()) : null
      if (picture !== null) context.print(picture)
      for (const line of whereToScan(parts, link)) context.note(line)
    },
    state: state => say(STATE_WORDS[state]),
    ask({ wasWrong, signal }) {
      say(wasWrong ? WRONG_NUMBER : ASK_NUMBER)
      return typedNumber(lines, signal, () => say(NO_NUMBER))
    },
    end: () => svg?.remove(),
  }
}
