import { md5Hex } from '../media-crypto.ts'
import { type JsonObject, objectOf } from '../webhook/json-text.ts'
import { countIn, idIn, textIn } from './fields.ts'
import type { ItemBody } from './items.ts'
import type { MediaReference } from './media.ts'

/** The message that another one answers to (IL §10): older phones send its text, newer ones only an id. */
export interface Quote {
  /** Of the quoted message, the likeliest first: to be looked up among what came and what we sent. */
  readonly ids: readonly string[]
  /** A short form of it, by the phone. */
  readonly title: string | null
  readonly text: string | null
  readonly media: MediaReference | null
  /** Only this of it was meant. */
  readonly part: QuotedPart | null
}

export interface QuotedPart {
  readonly start: string
  readonly end: string
  /** The how manieth of their like they are, from 0. */
  readonly startIndex: number
  readonly endIndex: number
  readonly md5: string | null
}

/** @param readBody of the item that is quoted; what that one quotes in turn is not followed */
export function readQuote(value: unknown, readBody: (item: JsonObject) => ItemBody): Quote | null {
  const quoted = objectOf(value)
  if (quoted === null) return null
  const item = objectOf(quoted['message_item'])
  const body = item === null ? null : readBody(item)
  const media = body?.kind === 'media' ? body.media : null
  const ids = [idIn(quoted['svr_id']), idIn(item?.['msg_id'])].flatMap(id => id ?? [])
  const quote = {
    ids: [...new Set(ids)],
    title: textIn(quoted['title']),
    text: body?.kind === 'text' ? textIn(body.text) : (media?.transcript ?? null),
    media,
    part: readPart(objectOf(quoted['partial_text'])),
  }
  const saysNothing = quote.ids.length === 0 && quote.title === null && body === null && quote.part === null
  return saysNothing ? null : quote
}

function readPart(part: JsonObject | null): QuotedPart | null {
  const start = textIn(part?.['start'])
  const end = textIn(part?.['end'])
  if (part === null || start === null || end === null) return null
  const md5 = textIn(part['quotemd5'])?.toLowerCase() ?? null
  return {
    start,
    end,
    startIndex: countIn(part['startindex']) ?? 0,
    endIndex: countIn(part['endindex']) ?? 0,
    md5,
  }
}

/** Longer texts are not sent in one piece (IL §6), and nobody marks more of one than this at its ends. */
const LONGEST_TEXT = 65_536
const LONGEST_MARK = 1024

/**
 * The marked part of the quoted text. The second mark is counted over the whole text or from behind the first one, as the
 * phone likes: the checksum tells which. null: it is not in there, or nothing says which of two it is.
 */
export function findPart(text: string, part: QuotedPart): string | null {
  const { start, end, md5 } = part
  if (text.length > LONGEST_TEXT || start.length > LONGEST_MARK || end.length > LONGEST_MARK) return null
  const found = new Set(readings(text, part))
  if (md5 !== null) return [...found].find(one => md5Hex(Buffer.from(one)) === md5) ?? null
  const [only] = found
  return found.size === 1 && only !== undefined ? only : null
}

function readings(text: string, { start, end, startIndex, endIndex }: QuotedPart): string[] {
  // Nobody says whether marks that overlap count as two.
  return [true, false].flatMap(overlap => {
    const from = placeOf(text, start, { index: startIndex, after: 0, overlap })
    if (from === -1) return []
    return [0, from + start.length].flatMap(after => {
      const at = placeOf(text, end, { index: endIndex, after, overlap })
      const to = at + end.length
      return at >= from && to >= from + start.length ? text.slice(from, to) : []
    })
  })
}

function placeOf(
  text: string,
  mark: string,
  { index, after, overlap }: { index: number; after: number; overlap: boolean },
): number {
  let at = text.indexOf(mark, after)
  for (let n = 0; n < index && at !== -1; n++) at = text.indexOf(mark, at + (overlap ? 1 : mark.length))
  return at
}
