import type { IlinkSimulator } from '../../embedded/ilink/simulator.ts'
import { escapeText } from '../../protocol/visible-escape.ts'
import type { CommandContext } from '../command.ts'
import { DIM, paint } from './paint.ts'

/** What the simulated phone shows, bubble by bubble as they come. */
export interface PhoneView {
  update(): void
  /** The bubble in which the bot told of these words; null: it is not there yet. */
  noticeOf(words: string): string | null
}

const WIDTH = 64
const INDENT = 3

export function createPhoneView(context: CommandContext, { phone }: Pick<IlinkSimulator, 'phone'>): PhoneView {
  let shown = 0

  function print(side: 'bot' | 'phone', text: string): void {
    for (const line of text.split('\n')) {
      const words = escapeText(line)
      const left = side === 'bot' ? INDENT : Math.max(INDENT, WIDTH - widthOf(words))
      context.print(`${' '.repeat(left)}${side === 'bot' ? words : paint(context, DIM, words)}`)
    }
  }

  return {
    update() {
      const bubbles = phone.transcript().shown
      for (const { side, text } of bubbles.slice(shown)) print(side, text)
      shown = bubbles.length
    },
    noticeOf(words) {
      const bubbles = phone.transcript().shown
      return bubbles.findLast(({ side, text }) => side === 'bot' && text.includes(words))?.messageId ?? null
    },
  }
}

/** Cells of a terminal: Chinese takes two. */
function widthOf(text: string): number {
  return [...text].reduce(
    (cells, one) => cells + (/[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]/.test(one) ? 2 : 1),
    0,
  )
}
