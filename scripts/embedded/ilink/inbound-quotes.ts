/** Quotes of a phone, in the forms of old and new ones (IL §10, "Quotes"). */

import type { Bubble } from './bubbles.ts'
import { md5 } from './cipher.ts'
import type { Wire } from './wire.ts'

export type QuoteForm =
  /** Older clients: the text itself, as `title` and `message_item`. */
  | 'text'
  /** Newer phones: `svr_id` only. */
  | 'svr_id'
  /** Or the id in a nested item. */
  | 'msg_id'
  /** A part of the text, by markers. */
  | 'partial'

export interface QuoteOptions {
  readonly form?: QuoteForm
  /** Of the form `partial`: what is quoted of the text. */
  readonly part?: string
  /** Where `endindex` is counted from: "either over the whole text or from the end of the start marker". */
  readonly endCounted?: 'whole text' | 'after start'
}

/** `ref_msg` of a message that quotes this one. */
export function refMsg(quoted: Bubble, { form = 'svr_id', part, endCounted = 'whole text' }: QuoteOptions): Wire {
  const id = BigInt(quoted.messageId)
  switch (form) {
    case 'text':
      return { title: summary(quoted), message_item: quoted.item === null ? undefined : { rawJson: quoted.item } }
    case 'svr_id':
      return { svr_id: id }
    case 'msg_id':
      return { message_item: { msg_id: id } }
    case 'partial':
      return { svr_id: id, partial_text: partialText(quoted.text, part ?? quoted.text, endCounted) }
  }
}

function summary({ text, kind, media }: Bubble): string {
  return text === '' ? `[${media?.fileName ?? kind}]` : text
}

/** As long as a marker gets where the part is long enough for two. */
const MARKER_LENGTH = 4

function partialText(text: string, part: string, endCounted: 'whole text' | 'after start'): Wire {
  const from = text.indexOf(part)
  if (from < 0 || part === '') throw new Error('the quoted part is no part of the text')
  const characters = [...part]
  const length = Math.min(MARKER_LENGTH, Math.ceil(characters.length / 2))
  const start = characters.slice(0, length).join('')
  const end = characters.slice(-length).join('')
  const afterStart = from + start.length
  const endAt = from + part.length - end.length
  const base = endCounted === 'whole text' || endAt < afterStart ? 0 : afterStart
  return {
    start,
    end,
    startindex: occurrencesBefore(text, start, from),
    endindex: occurrencesBefore(text.slice(base), end, endAt - base),
    quotemd5: md5(part),
  }
}

/** The 0-based number of the occurrence at `at`. */
function occurrencesBefore(text: string, marker: string, at: number): number {
  let count = 0
  for (let found = text.indexOf(marker); found >= 0 && found < at; found = text.indexOf(marker, found + 1)) count += 1
  return count
}
