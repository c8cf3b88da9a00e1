import { type Bilingual, inLanguage, type Language } from '../../core/i18n.ts'
import type { MessageType, Party } from '../../core/message.ts'
import { escapeText } from '../visible-escape.ts'
import { LONGEST_LABEL, labelOf, peerOf, shortened, shownName } from './label.ts'

/**
 * What a phone is told of messages that came in elsewhere: one bubble, whatever waits, since so few may be sent (IL "What
 * users hit" 1). Each message begins behind a blank line, with who wrote it; what they wrote can not do that: its further
 * lines stand behind a bar.
 */
export interface Notice {
  readonly text: string
  /** In the order of the notice. */
  readonly peers: readonly NoticePeer[]
}

/** Who wrote that part of the text. */
export interface NoticePeer {
  /** Address; `unverified` for nobody. */
  readonly peer: string
  readonly from: number
  readonly to: number
}

export interface NoticeMessage {
  readonly from: Party | null
  readonly type: MessageType
  readonly content: string
  /** What a file is called. */
  readonly attachment: string | null
}

/** What waits of one person, where it is too much to be shown. */
export interface NoticePerson extends NoticeMessage {
  readonly count: number
}

export interface NoticeOptions {
  readonly language: Language
  /** No further one may be sent before they write. */
  readonly isLast: boolean
}

/** One bubble of the measured size (IL §6), which counts as one send. UTF-16 units. */
export const NOTICE_LIMIT = 1000
/** With more, what is left of each is hardly a line. */
export const MOST_SHOWN = 20
/** Of whom something is shown; the others are counted. */
const MOST_PEOPLE = 12

const BETWEEN = '\n\n'

/** @param messages no more than `MOST_SHOWN` */
export function noticeOf(messages: readonly NoticeMessage[], options: NoticeOptions): Notice {
  const { language } = options
  const entries = messages.map(message => ({ party: message.from, text: entryText(message, { language }) }))
  return laidOut({ head: null, entries, foot: options.isLast ? inLanguage(LAST, language) : null })
}

/**
 * @param people who wrote last, first
 * @param all how many messages wait, of how many people
 */
export function summaryOf(
  people: readonly NoticePerson[],
  all: { readonly messages: number; readonly people: number },
  { language, isLast }: NoticeOptions,
): Notice {
  const shown = people.slice(0, MOST_PEOPLE)
  const left = {
    messages: all.messages - shown.reduce((sum, { count }) => sum + count, 0),
    people: all.people - shown.length,
  }
  const feet = [
    ...(left.people > 0 ? [inLanguage(othersText(left), language)] : []),
    ...(isLast ? [inLanguage(LAST, language)] : []),
  ]
  return laidOut({
    head: inLanguage(headText(all.messages), language),
    entries: shown.map(person => ({ party: person.from, text: entryText(person, { language, count: person.count }) })),
    foot: feet.length === 0 ? null : feet.join('\n'),
  })
}

const LAST: Bilingual = {
  en: '— More comes when you write anything here.',
  zh: '— 在这里随便回复一句，才能收到后面的消息。',
}

function headText(messages: number): Bilingual {
  return {
    en: `${messages} messages wait, all of them in the inbox. The last one of each:`,
    zh: `有 ${messages} 条消息等待查看，全部在收件箱中。每人的最后一条：`,
  }
}

function othersText({ messages, people }: { messages: number; people: number }): Bilingual {
  return { en: `… and ${messages} from ${people} others.`, zh: `……另有 ${people} 人的 ${messages} 条。` }
}

function entryText(
  message: NoticeMessage,
  { language, count }: { readonly language: Language; readonly count?: number },
): string {
  const about = [
    ...(count === undefined ? [] : [String(count)]),
    ...(message.type === 'friend_request' ? [inLanguage(FRIEND_REQUEST, language)] : []),
    ...(message.attachment === null ? [] : [`${inLanguage(FILE, language)} ${shownName(message.attachment)}`]),
  ]
  const label = labelOf(message.from)
  const text = barred(message.content)
  return `${label}${about.length === 0 ? '' : ` (${about.join(', ')})`}${text === '' ? '' : `: ${text}`}`
}

const FRIEND_REQUEST: Bilingual = { en: 'friend request', zh: '好友申请' }
const FILE: Bilingual = { en: 'file', zh: '文件' }

/** Whatever a phone may take for the end of a line. */
const LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/
/** What turns the order of signs round, or can not be seen at all; joiners within emoji stay. */
const MISLEADING = /(?!\t)[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

function barred(text: string): string {
  return text
    .trim()
    .split(LINE_END)
    .map(line => line.replace(MISLEADING, escapeText))
    .join('\n│ ')
}

interface Layout {
  readonly head: string | null
  readonly entries: readonly { readonly party: Party | null; readonly text: string }[]
  readonly foot: string | null
}

function laidOut({ head, entries, foot }: Layout): Notice {
  const around = [head, foot].reduce((sum, text) => sum + (text === null ? 0 : text.length + BETWEEN.length), 0)
  const room = NOTICE_LIMIT - around - (entries.length - 1) * BETWEEN.length
  const shares = sharesOf(
    entries.map(({ text }) => text.length),
    room,
  )
  let text = head === null ? '' : `${head}${BETWEEN}`
  const peers: NoticePeer[] = []
  for (const [i, entry] of entries.entries()) {
    const from = text.length
    text += shortened(entry.text, shares[i] ?? LONGEST_LABEL)
    peers.push({ peer: peerOf(entry.party), from, to: text.length })
    if (i < entries.length - 1) text += BETWEEN
  }
  return { text: foot === null ? text : `${text}${BETWEEN}${foot}`, peers }
}

/** Short ones are shown whole, and what they leave is shared by the long ones. */
function sharesOf(lengths: readonly number[], room: number): number[] {
  const order = [...lengths.keys()].sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0))
  const shares = new Array<number>(lengths.length).fill(0)
  let left = room
  for (const [done, i] of order.entries()) {
    const share = Math.min(lengths[i] ?? 0, Math.floor(left / (order.length - done)))
    shares[i] = share
    left -= share
  }
  return shares
}
