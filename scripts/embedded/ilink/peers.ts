/** Who may be written to, how often, and with which `context_token` (IL §6). */

import type { DatabaseSync } from 'node:sqlite'
import type { Ids } from './chance.ts'
import { row } from './database.ts'

export interface Peer {
  /** null: has never written, and no conversation can be opened from here. */
  readonly lastWroteAt: number | null
  /** Accepted sends since then. */
  readonly sends: number
}

export interface ContextToken {
  readonly botId: string
  readonly userId: string
  readonly at: number
  readonly isPoisoned: number
}

/** "~136 characters" of base64 (IL §2). */
const TOKEN_BYTES = 102

export interface PeerStore {
  /** null: the id is not known to this bot, or not spelled so. */
  find(botId: string, userId: string): Peer | null
  join(botId: string, userId: string): void
  /** A message of the user: a fresh token and a fresh budget. */
  wrote(botId: string, userId: string, at: number): string
  sent(botId: string, userId: string): void
  token(token: string): ContextToken | null
  poison(token: string): void
  /** A token goes with its unread message to the bot that took over. */
  moveToken(token: string, botId: string): void
}

export function createPeerStore(sql: DatabaseSync, ids: Ids): PeerStore {
  const find = sql.prepare(
    'SELECT last_wrote_at AS lastWroteAt, sends FROM peers WHERE bot_id = :botId AND user_id = :userId',
  )
  const join = sql.prepare('INSERT OR IGNORE INTO peers (bot_id, user_id) VALUES (:botId, :userId)')
  const wrote = sql.prepare(
    'UPDATE peers SET last_wrote_at = :at, sends = 0 WHERE bot_id = :botId AND user_id = :userId',
  )
  const sent = sql.prepare('UPDATE peers SET sends = sends + 1 WHERE bot_id = :botId AND user_id = :userId')
  const issue = sql.prepare('INSERT INTO tokens (token, bot_id, user_id, at) VALUES (:token, :botId, :userId, :at)')
  const token = sql.prepare(
    'SELECT bot_id AS botId, user_id AS userId, at, is_poisoned AS isPoisoned FROM tokens WHERE token = :token',
  )
  const poison = sql.prepare('UPDATE tokens SET is_poisoned = 1 WHERE token = :token')
  const move = sql.prepare('UPDATE tokens SET bot_id = :botId WHERE token = :token')
  const joinBy = sql.prepare(
    `INSERT INTO peers (bot_id, user_id, last_wrote_at) SELECT bot_id, user_id, at FROM tokens WHERE token = :token
     ON CONFLICT (bot_id, user_id) DO UPDATE SET last_wrote_at = excluded.last_wrote_at, sends = 0`,
  )
  return {
    find: (botId, userId) => row<Peer>(find, { botId, userId }) ?? null,
    join(botId, userId) {
      join.run({ botId, userId })
    },
    wrote(botId, userId, at) {
      join.run({ botId, userId })
      wrote.run({ botId, userId, at })
      const fresh = ids.base64('context token', TOKEN_BYTES)
      issue.run({ token: fresh, botId, userId, at })
      return fresh
    },
    sent(botId, userId) {
      sent.run({ botId, userId })
    },
    token: value => row<ContextToken>(token, { token: value }) ?? null,
    poison(value) {
      poison.run({ token: value })
    },
    moveToken(value, botId) {
      move.run({ token: value, botId })
      joinBy.run({ token: value })
    },
  }
}
