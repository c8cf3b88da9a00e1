/**
 * Messages that wait for `GET /messages`. A read reserves rows; they are deleted when the reply was written and free
 * again when it was not. So, unlike the relay of RC §7.2, no cut reply loses one and no two reads share one.
 */

import type { DatabaseSync } from 'node:sqlite'
import { row, rows, sqlId } from './database.ts'
import type { Message } from './messages.ts'

export interface StoredMessage extends Message {
  readonly id: number
}

export interface Reservation {
  readonly messages: readonly StoredMessage[]
  /** How many there were for this filter, those of other replies in flight not counted. */
  readonly total: number
  /** The reply was written: the rows go. */
  remove(): void
  /** It was not: they wait again. */
  release(): void
}

export interface Filter {
  readonly limit: number
  readonly fromId: number | null
}

export interface InboxStore {
  add(message: Message): void
  /** Counts a message the relay accepted, wherever it went; `GET /stats` shows the sum. */
  countAccepted(): void
  acceptedEver(): number
  reserve(toId: number, filter: Filter): Reservation
  /** The same without hiding the rows from other reads: for the fault `sharedRows`. */
  share(toId: number, filter: Filter): Reservation
  preview(toId: number, limit: number): { messages: StoredMessage[]; total: number }
  dropFrom(toId: number, fromId: number): void
}

interface MessageRow {
  id: number
  toId: number
  kind: Message['kind']
  content: string
  attachment: string | null
  at: number
  fromId: number | null
  name: string | null
  description: string | null
}

function fromRow({ fromId, name, description, ...rest }: MessageRow): StoredMessage {
  return { ...rest, from: fromId === null || name === null ? null : { id: fromId, name, description } }
}

export function createInboxStore(sql: DatabaseSync): InboxStore {
  const insert = sql.prepare(
    `INSERT INTO messages (to_id, from_id, kind, content, attachment, at)
     VALUES (:toId, :fromId, :kind, :content, :attachment, :at)`,
  )
  // "Oldest first by stored time"; the id makes the order of one millisecond that of arrival.
  const select = sql.prepare(
    `SELECT messages.id, to_id AS toId, kind, content, attachment, at, from_id AS fromId, name, users.description
     FROM messages LEFT JOIN users ON users.id = from_id
     WHERE to_id = :toId AND (:fromId IS NULL OR from_id = :fromId) ORDER BY at, messages.id LIMIT :limit`,
  )
  const count = sql.prepare(
    'SELECT count(*) AS n FROM messages WHERE to_id = :toId AND (:fromId IS NULL OR from_id = :fromId)',
  )
  const remove = sql.prepare('DELETE FROM messages WHERE id IN (SELECT value FROM json_each(?))')
  const dropFrom = sql.prepare('DELETE FROM messages WHERE to_id = ? AND from_id = ?')
  const countUp = sql.prepare("UPDATE counters SET value = value + 1 WHERE name = 'messages'")
  const counter = sql.prepare("SELECT value FROM counters WHERE name = 'messages'")
  const reserved = new Map<number, StoredMessage>()

  function look(toId: number, { limit, fromId }: Filter) {
    const isHidden = ({ toId: owner, from }: Message) => owner === toId && (fromId === null || from?.id === fromId)
    const hidden = [...reserved.values()].filter(isHidden).length
    const filter = { toId, fromId: fromId === null ? null : sqlId(fromId) }
    const found = rows<MessageRow>(select, { ...filter, limit: limit + hidden })
    const total = row<{ n: number }>(count, filter)?.n ?? 0
    const messages = found.filter(({ id }) => !reserved.has(id)).slice(0, limit)
    return { messages: messages.map(fromRow), total: total - hidden }
  }

  function removeAll(messages: readonly StoredMessage[]): void {
    if (messages.length > 0) remove.run(JSON.stringify(messages.map(({ id }) => id)))
  }

  return {
    add({ toId, from, kind, content, attachment, at }) {
      insert.run({ toId, fromId: from?.id ?? null, kind, content, attachment, at })
    },
    countAccepted() {
      countUp.run()
    },
    acceptedEver: () => row<{ value: number }>(counter)?.value ?? 0,
    reserve(toId, filter) {
      const { messages, total } = look(toId, filter)
      for (const message of messages) reserved.set(message.id, message)
      const release = () => {
        for (const { id } of messages) reserved.delete(id)
      }
      return {
        messages,
        total,
        remove() {
          // If the delete fails the rows stay reserved: the client has them, and shall not get them twice.
          removeAll(messages)
          release()
        },
        release,
      }
    },
    share(toId, filter) {
      const { messages, total } = look(toId, filter)
      return { messages, total, remove: () => removeAll(messages), release() {} }
    },
    preview: (toId, limit) => look(toId, { limit, fromId: null }),
    dropFrom(toId, fromId) {
      dropFrom.run(toId, fromId)
      for (const message of reserved.values()) {
        if (message.toId === toId && message.from?.id === fromId) reserved.delete(message.id)
      }
    },
  }
}
