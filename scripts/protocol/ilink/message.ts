import { hash } from 'node:crypto'
import { objectOf } from '../webhook/json-text.ts'
import { idIn, listIn, textIn } from './fields.ts'
import { type ReceivedItem, readItem } from './items.ts'
import type { MediaReference } from './media.ts'
import type { Quote } from './quotes.ts'

/** One message as it came (IL §10, §11). All of it but its shape is the word of the other side. */
export interface WechatMessage {
  /** By which quotes refer to it, besides the ids of its items. */
  readonly messageId: string | null
  readonly clientId: string | null
  readonly seq: string | null
  /** As received: ids of people have capitals, and go back with them. */
  readonly from: string | null
  readonly to: string | null
  /** Milliseconds since the epoch, by their clock. */
  readonly atMs: number | null
  /** Not a person's: the bot's own words, or nobody knows whose. */
  readonly isEcho: boolean
  /** Never to be answered into a direct chat (IL §11). */
  readonly groupId: string | null
  /** Has to be sent back with an answer. */
  readonly contextToken: string | null
  /** Everything that was written or, by the server's ear, said. */
  readonly text: string
  readonly items: readonly ReceivedItem[]
  readonly media: readonly MediaReference[]
  readonly quote: Quote | null
}

const USER_MESSAGE = 1

/** null: it is no message at all. */
export function readMessage(value: unknown): WechatMessage | null {
  const message = objectOf(value)
  if (message === null) return null
  const items = listIn(message['item_list']).map(readItem)
  return {
    messageId: idIn(message['message_id']),
    clientId: textIn(message['client_id']),
    seq: idIn(message['seq']),
    from: textIn(message['from_user_id']),
    to: textIn(message['to_user_id']),
    atMs: timeIn(message['create_time_ms']),
    isEcho: message['message_type'] !== USER_MESSAGE,
    groupId: textIn(message['group_id']),
    contextToken: textIn(message['context_token']),
    text: items.flatMap(wordsOf).join('\n'),
    items,
    media: items.flatMap(item => (item.kind === 'media' ? item.media : [])),
    quote: items.find(item => item.quote !== null)?.quote ?? null,
  }
}

function wordsOf(item: ReceivedItem): string | readonly [] {
  if (item.kind === 'text') return item.text
  return item.kind === 'media' ? (item.media.transcript ?? []) : []
}

/** Times of four-digit years only. */
const LATEST_MS = 253_402_300_799_999

function timeIn(value: unknown): number | null {
  const ms = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  const isTime = typeof ms === 'number' && Number.isSafeInteger(ms) && ms > 0 && ms <= LATEST_MS
  return isTime ? ms : null
}

/**
 * Tells a message that is handed out a second time (IL "What users hit" 4), within one account: by the first of these that
 * it has. null: none, so that only its bytes can tell.
 */
export function messageKey(message: WechatMessage): string | null {
  const { messageId, clientId, seq, items } = message
  if (messageId !== null) return `id:${messageId}`
  if (clientId !== null) return `client:${clientId}`
  if (seq !== null) return `seq:${seq}`
  const ids = items.flatMap(item => item.id ?? [])
  if (ids.length > 0) return `items:${ids.toSorted().join(',')}`
  return contentKey(message)
}

/**
 * The same words of the same person at the same millisecond, under whatever ids. null: with no sender or no time, two
 * messages might have it.
 */
export function contentKey({ from, atMs, items }: WechatMessage): string | null {
  if (from === null || atMs === null) return null
  return `content:${hash('sha256', JSON.stringify([from, atMs, items.map(contentOf)]))}`
}

/** What stays the same while addresses and keys of media may be made anew. */
function contentOf(item: ReceivedItem): readonly unknown[] {
  switch (item.kind) {
    case 'text':
      return ['text', item.text]
    case 'media':
      return [item.media.kind, item.media.name, item.media.plainBytes, item.media.cipherBytes, item.media.md5]
    case 'tool':
      return ['tool', item.name, item.callId, item.status]
    case 'unknown':
      return ['unknown', item.type]
  }
}
