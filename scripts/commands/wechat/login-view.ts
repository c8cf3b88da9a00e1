import type { LoginState, ShownCode } from '../../adapters/ilink/login.ts'
import { type CommandContext, speaker } from '../command.ts'
import type { InputLines } from './input-lines.ts'
import type { SvgFile } from './svg-file.ts'

/** What somebody sees of a login that goes on: a person at a terminal, a log, or a program. */
export interface LoginView {
  code(link: string, shown: ShownCode): void
  state(state: LoginState): void
  /** null: there is nobody who could tell it. */
  ask(asked: Asked): Promise<string | null>
  /** Leaves nothing behind. */
  end(): void
}

export interface Asked {
  readonly wasWrong: boolean
  readonly signal: AbortSignal
}

/** What views are made of. */
export interface ViewParts {
  readonly context: CommandContext
  readonly svg: SvgFile | null
  readonly showsLink: boolean
  readonly lines: InputLines
  /** Of the terminal. */
  readonly columns: () => number
}

/** Whatever is not digits or letters was typed by mistake: the phone shows a few of them. */
const NUMBER = /^[0-9A-Za-z]{1,16}$/

/** @param again it was no number: what is said then */
export async function typedNumber(lines: InputLines, signal: AbortSignal, again: () => void): Promise<string | null> {
  for (;;) {
    const line = (await lines.next(signal))?.trim()
    if (line === undefined) return null
    if (NUMBER.test(line)) return line
    again()
  }
}

/** Where a picture lies, and the link when that was asked for. */
export function whereToScan({ svg, showsLink, context }: ViewParts, link: string): string[] {
  const t = speaker(context)
  return [
    ...(svg === null ? [] : [`${t('Picture', '图片')}: ${svg.path}`]),
    ...(showsLink ? [`${t('Link', '链接')}: ${link}`] : []),
  ]
}
