import { type LoginView, typedNumber, type ViewParts } from './login-view.ts'

/** One line for each thing that happens, for programs. The number goes in by stdin. */
export function jsonView(parts: ViewParts): LoginView {
  const { context, svg, showsLink, lines } = parts
  const say = (facts: Readonly<Record<string, unknown>>) => context.print(JSON.stringify(facts))
  let last = { code: 0, of: 0 }
  return {
    code(link, { code, of, expiresInMs }) {
      last = { code, of }
      svg?.show(link)
      say({
        state: 'code',
        ...last,
        svg: svg?.path ?? null,
        expires_in_sec: Math.round(expiresInMs / 1000),
        ...(showsLink ? { link } : {}),
      })
    },
    state(state) {
      // It is said when it is asked for, with what was wrong.
      if (state !== 'verify_code_needed') say({ state, ...last })
    },
    ask({ wasWrong, signal }) {
      const ask = (wrong: boolean) =>
        say({ state: 'verify_code_needed', ...last, was_wrong: wrong, answer_on: 'stdin' })
      ask(wasWrong)
      return typedNumber(lines, signal, () => ask(true))
    },
    end: () => svg?.remove(),
  }
}
