/** What was said, by both sides, in the order in which it came: shown on the phone, or kept back and why. */

import type { DatabaseSync } from 'node:sqlite'
import { row, rows } from './database.ts'

export type BubbleKind = 'text' | 'image' | 'voice' | 'file' | 'video' | 'tool' | 'empty' | 'unknown'

/** Accepted, and not on the phone. */
export type Hidden =
  | 'repeated client_id'
  | 'empty client_id'
  | 'black hole'
  | 'not started'
  | 'poisoned token'
  /** "The API accepts VOICE items but phones show nothing" (IL §7). */
  | 'voice bubble'

export interface BubbleMedia {
  readonly param: string
  /** 32 hex characters; null: it is not encrypted. */
  readonly key: string | null
  /** Of the plaintext. */
  readonly size: number
  readonly sha256: string
  readonly fileName: string | null
}

export interface Bubble {
  readonly number: number
  readonly at: number
  readonly side: 'bot' | 'phone'
  readonly botId: string
  readonly userId: string
  readonly messageId: string
  readonly kind: BubbleKind
  readonly text: string
  /** null too where it can not be read: `problem` says why. */
  readonly media: BubbleMedia | null
  readonly problem: string | null
  readonly hidden: Hidden | null
  /** The text went on, and the phone does not show it. */
  readonly isCut: boolean
  readonly clientId: string
  readonly contextToken: string | null
  readonly runId: string | null
  /** 1 GENERATING, 2 FINISH. */
  readonly messageState: number
  /** The first item as it was on the wire: what a quote of it carries. */
  readonly item: string | null
}

export interface BubbleStore {
  add(bubble: Omit<Bubble, 'number'>): Bubble
  /** With one user; of all bots unless one is named. */
  of(userId: string, botId?: string): Bubble[]
  byMessageId(messageId: string): Bubble | null
  /** null: the id is new; otherwise whether the request that used it was the same. */
  useOfClientId(botId: string, clientId: string, digest: string): 'same' | 'other' | null
  rememberClientId(botId: string, clientId: string, digest: string): void
}

export function createBubbleStore(sql: DatabaseSync): BubbleStore {
  const insert = sql.prepare(
    `INSERT INTO bubbles (bot_id, user_id, message_id, doc) VALUES (:botId, :userId, :messageId, :doc)
     RETURNING number`,
  )
  const ofUser = sql.prepare('SELECT number, doc FROM bubbles WHERE user_id = :userId ORDER BY number')
  const byMessage = sql.prepare('SELECT number, doc FROM bubbles WHERE message_id = :messageId')
  const digestOf = sql.prepare('SELECT digest FROM client_ids WHERE bot_id = :botId AND client_id = :clientId')
  const remember = sql.prepare('INSERT INTO client_ids (bot_id, client_id, digest) VALUES (:botId, :clientId, :digest)')
  const bubbleOf = ({ number, doc }: { number: number; doc: string }): Bubble => ({ number, ...JSON.parse(doc) })
  return {
    add(bubble) {
      const { botId, userId, messageId } = bubble
      const number = row<{ number: number }>(insert, { botId, userId, messageId, doc: JSON.stringify(bubble) })?.number
      return { number: number ?? 0, ...bubble }
    },
    of: (userId, botId) =>
      rows<{ number: number; doc: string }>(ofUser, { userId })
        .map(bubbleOf)
        .filter(bubble => botId === undefined || bubble.botId === botId),
    byMessageId(messageId) {
      const found = row<{ number: number; doc: string }>(byMessage, { messageId })
      return found === undefined ? null : bubbleOf(found)
    },
    useOfClientId(botId, clientId, digest) {
      const before = row<{ digest: string }>(digestOf, { botId, clientId })?.digest
      if (before === undefined) return null
      return before === digest ? 'same' : 'other'
    },
    rememberClientId(botId, clientId, digest) {
      remember.run({ botId, clientId, digest })
    },
  }
}
