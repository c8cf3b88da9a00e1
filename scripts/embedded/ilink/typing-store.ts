/** Typing tickets, and what the phone shows above the conversation (IL §9). */

import type { DatabaseSync } from 'node:sqlite'
import type { Ids } from './chance.ts'
import { row } from './database.ts'

export interface TypingFacts {
  readonly isTyping: boolean
  /** Of the turn that goes on, or the last one. */
  readonly since: number
  readonly lastKeepAliveAt: number
  readonly keepAlives: number
  readonly cancels: number
  /** Turns that fell silent without a cancel before the next one began. */
  readonly uncancelled: number
}

export interface TypingStore {
  issue(botId: string, userId: string, at: number): string
  /** When it was issued; null: not for this user. */
  ticketAt(botId: string, userId: string, ticket: string): number | null
  facts(botId: string, userId: string): TypingFacts | null
  keep(botId: string, userId: string, facts: TypingFacts): void
}

const TICKET_BYTES = 48

export function createTypingStore(sql: DatabaseSync, ids: Ids): TypingStore {
  const issue = sql.prepare('INSERT INTO tickets (ticket, bot_id, user_id, at) VALUES (:ticket, :botId, :userId, :at)')
  const ticketAt = sql.prepare(
    'SELECT at FROM tickets WHERE ticket = :ticket AND bot_id = :botId AND user_id = :userId',
  )
  const facts = sql.prepare('SELECT doc FROM typing WHERE bot_id = :botId AND user_id = :userId')
  const keep = sql.prepare('INSERT OR REPLACE INTO typing (bot_id, user_id, doc) VALUES (:botId, :userId, :doc)')
  return {
    issue(botId, userId, at) {
      const ticket = ids.base64('ticket', TICKET_BYTES)
      issue.run({ ticket, botId, userId, at })
      return ticket
    },
    ticketAt: (botId, userId, ticket) => row<{ at: number }>(ticketAt, { botId, userId, ticket })?.at ?? null,
    facts(botId, userId) {
      const found = row<{ doc: string }>(facts, { botId, userId })
      return found === undefined ? null : JSON.parse(found.doc)
    },
    keep(botId, userId, doc) {
      keep.run({ botId, userId, doc: JSON.stringify(doc) })
    },
  }
}
