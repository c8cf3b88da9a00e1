import type { IncomingMessage } from '../../core/adapter.ts'
import { utcSeconds } from '../../core/clock.ts'
import type { Flags, ParsedMessage, Party } from '../../core/message.ts'
import { decodeUtf8 } from '../../core/utf8.ts'
import type { MediaReference } from '../../protocol/ilink/media.ts'
import type { WechatMessage } from '../../protocol/ilink/message.ts'
import { findPart, type Quote } from '../../protocol/ilink/quotes.ts'
import { shownPayload } from '../../protocol/ilink/shown-payload.ts'
import type { ReceivedMessage } from '../../protocol/ilink/updates.ts'

export interface Surroundings {
  /** As addresses name it. */
  readonly account: string
  readonly isAllowed: (user: string) => boolean
  /** The message that a quote means. */
  readonly lookUp: (references: readonly string[]) => Quoted | null
}

export interface Quoted {
  /** null: it came in the same answer, and has none yet. */
  readonly seq: number | null
  readonly content: string
}

/**
 * What a message says (IL §11). Of a group, and of people who may not write, it says who it was and asks for nothing: no
 * file of theirs is fetched, and there is no address that an answer could go to by accident.
 */
export function understand({ message, key, contentKey }: Readable, around: Surroundings): IncomingMessage {
  const from = message.from === null || message.groupId !== null ? null : partyOf(message.from, around.account)
  const files = isWelcome(message, around) ? filesOf(message) : []
  return {
    parsed: {
      type: message.media.some(isFile) ? 'file' : 'chat',
      at: message.atMs === null ? null : utcSeconds(message.atMs),
      from,
      content: message.text,
      flags: flagsOf(message, around),
    },
    id: key,
    aliases: aliasesOf(message, contentKey),
    references: referencesOf(message),
    unresolved: files.length > 0,
  }
}

export type Readable = Pick<ReceivedMessage, 'key' | 'contentKey'> & { readonly message: WechatMessage }

/** Somebody allowed, who wrote to us alone. */
export function isWelcome(message: WechatMessage, { isAllowed }: Pick<Surroundings, 'isAllowed'>): boolean {
  return message.from !== null && message.groupId === null && isAllowed(message.from)
}

/** What nobody understands, as far as it may be shown. */
export function unparsed(bytes: Uint8Array, key: string): IncomingMessage {
  return {
    parsed: { type: 'unparsed', at: null, from: null, content: shownPayload(decodeUtf8(bytes)), flags: {} },
    id: key,
  }
}

/** What has to be fetched: a voice that the server has heard is a text (IL §11). */
export function filesOf(message: Pick<WechatMessage, 'media' | 'quote'>): MediaReference[] {
  const { media, quote } = message
  if (!isAboutQuoted(message)) return media.filter(isFile)
  return quote?.media == null || !isFile(quote.media) ? [] : [quote.media]
}

/** "When the message itself has none, media inside the quoted message is used" (IL §11). */
export function isAboutQuoted({ media }: Pick<WechatMessage, 'media'>): boolean {
  return !media.some(isFile)
}

function isFile({ kind, transcript }: MediaReference): boolean {
  return kind !== 'voice' || transcript === null
}

function partyOf(user: string, account: string): Party {
  return { address: { scheme: 'wechat', account, user }, name: '' }
}

/**
 * Some servers hand a message out again under another id (IL "What users hit" 4). Words and time alone do not tell that:
 * "ok" twice within one second is two messages.
 */
function aliasesOf({ clientId, seq }: WechatMessage, contentKey: string | null): string[] {
  if (contentKey === null || (clientId === null && seq === null)) return []
  return [`again:${clientId ?? ''}:${seq ?? ''}:${contentKey}`]
}

/** What a quote of this message would name (IL §10). */
export function referencesOf({ messageId, items }: WechatMessage): string[] {
  return [messageId, ...items.map(item => item.id)].flatMap(id => id ?? []).map(referenceOf)
}

export function referenceOf(id: string): string {
  return `ref:${id}`
}

function flagsOf(message: WechatMessage, around: Surroundings): Flags {
  const { from, groupId, media, items } = message
  const files = media.filter(isFile)
  const strange = items.filter(item => item.kind === 'unknown' || item.kind === 'tool')
  return {
    ...(isWelcome(message, around) ? {} : { state: 'refused' }),
    // Not as the address of anybody: an answer would go to that person alone.
    ...(groupId === null ? {} : { group: groupId, ...(from === null ? {} : { member: from }) }),
    ...(files.length === 0 ? {} : { attachment: files.slice(0, MOST_NAMED).map(nameOf).join(', ') }),
    ...(files.some(({ kind }) => kind === 'voice') ? { voice: 'no_transcript' } : {}),
    ...(strange.length === 0 ? {} : { unknown_items: strange.slice(0, MOST_NAMED).map(kindOf).join(',') }),
    ...(message.quote === null ? {} : quoteFlags(message.quote, around)),
  }
}

/** One message may have thousands of parts. */
const MOST_NAMED = 20
const LONGEST_NAME = 200

/** As its sender calls it; only files have a name. */
function nameOf({ name, kind }: MediaReference): string {
  return name === null ? kind : shortened(name, LONGEST_NAME)
}

function kindOf(item: WechatMessage['items'][number]): string {
  if (item.kind === 'tool') return 'tool'
  return item.kind === 'unknown' && item.type !== null ? String(item.type) : '?'
}

/** A message may quote a long one whole. */
const LONGEST_QUOTE = 500

/** What is known of the quoted message: its number here, its words, or else only that there is one. */
function quoteFlags(quote: Quote, { lookUp }: Surroundings): Flags {
  const found = quote.ids.length === 0 ? null : lookUp(quote.ids.map(referenceOf))
  const whole = found?.content ?? quote.text
  const part = quote.part === null || whole === null ? null : findPart(whole, quote.part)
  const words = part ?? marksOf(quote) ?? (whole || quote.title)
  const file = quote.media === null ? null : nameOf(quote.media)
  return {
    quote: shortened(words || file || 'unknown', LONGEST_QUOTE),
    ...(found?.seq == null ? {} : { quote_seq: String(found.seq) }),
    ...(found === null && quote.ids[0] !== undefined ? { quote_id: quote.ids[0] } : {}),
  }
}

/** The part that was meant, where nothing says what is between its ends. */
function marksOf({ part }: Quote): string | null {
  if (part === null) return null
  return part.start === part.end ? part.start : `${part.start}…${part.end}`
}

function shortened(text: string, longest: number): string {
  const characters = [...text.slice(0, 2 * longest + 1)]
  return characters.length > longest ? `${characters.slice(0, longest).join('')}…` : characters.join('')
}

/** With what became of its files. */
export function withFlags({ parsed, ...rest }: IncomingMessage, flags: Flags): IncomingMessage {
  const changed: ParsedMessage = { ...parsed, flags: { ...parsed.flags, ...flags } }
  return { ...rest, parsed: changed }
}
