/** What users wrote, until a poll takes it, and what was handed out when: cursors are no acknowledgements (IL §5). */

import type { DatabaseSync } from 'node:sqlite'
import type { Ids } from './chance.ts'
import { row, rows } from './database.ts'

export interface Mail {
  readonly number: number
  readonly messageId: string
  /** The message without its `message_id`, as members of a JSON object. */
  readonly rest: string
}

/** One message in one answer. */
export interface Handout {
  readonly botId: string
  readonly mail: number
  readonly messageId: string
  readonly at: number
  /** A later poll came with the cursor of that answer: the client has kept it. */
  readonly cameBack: boolean
}

export interface Redelivery {
  readonly mail: number
  readonly messageId: string
  readonly dueAt: number
}

export interface MailStore {
  lastNumber(): number
  add(botId: string, mail: Omit<Mail, 'number'> & { readonly token: string }): void
  /** Not yet handed out. */
  waiting(botId: string, limit: number): Mail[]
  /** Handed out or not, from a position on. */
  after(botId: string, position: number, limit: number): Mail[]
  /** Due again by now; they are not due any more afterwards. */
  takeDue(botId: string, now: number, limit: number): Mail[]
  /** When the next one is due; null: none. */
  nextDue(botId: string): number | null
  redeliver(botId: string, redelivery: Redelivery): void
  /** Marks them as handed out under a new cursor. */
  handOut(botId: string, mail: readonly Mail[], at: number): string
  /** The position a cursor stands for, and remembers that it came back; null: not one of this bot's. */
  position(botId: string, cursor: string): number | null
  handouts(botId: string): Handout[]
  /** To the bot that took over, whose id stands in them then; returns the tokens that go along. */
  move(fromBotId: string, toBotId: string): string[]
  /** How many nobody has taken. */
  countWaiting(botId: string): number
}

/** Opaque and as long as a real one looks; nothing can be decoded from it. */
const CURSOR_BYTES = 48

export function createMailStore(sql: DatabaseSync, ids: Ids): MailStore {
  const columns = 'number, message_id AS messageId, rest'
  const insert = sql.prepare(
    'INSERT INTO mail (bot_id, message_id, rest, token) VALUES (:botId, :messageId, :rest, :token)',
  )
  const last = sql.prepare('SELECT max(number) AS number FROM mail')
  const waiting = sql.prepare(
    `SELECT ${columns} FROM mail WHERE bot_id = :botId AND is_out = 0 ORDER BY number LIMIT :limit`,
  )
  const after = sql.prepare(
    `SELECT ${columns} FROM mail WHERE bot_id = :botId AND number > :position ORDER BY number LIMIT :limit`,
  )
  const due = sql.prepare(
    `SELECT redeliveries.number AS redelivery, mail.number, redeliveries.message_id AS messageId, rest
     FROM redeliveries JOIN mail ON mail.number = mail
     WHERE redeliveries.bot_id = :botId AND due_at <= :now ORDER BY due_at, redeliveries.number LIMIT :limit`,
  )
  const forget = sql.prepare('DELETE FROM redeliveries WHERE number = :number')
  const nextDue = sql.prepare('SELECT min(due_at) AS dueAt FROM redeliveries WHERE bot_id = :botId')
  const redeliver = sql.prepare(
    'INSERT INTO redeliveries (bot_id, mail, message_id, due_at) VALUES (:botId, :mail, :messageId, :dueAt)',
  )
  const markOut = sql.prepare('UPDATE mail SET is_out = 1 WHERE number = :number')
  const addCursor = sql.prepare('INSERT INTO cursors (cursor, bot_id, position) VALUES (:cursor, :botId, :position)')
  const addHandout = sql.prepare(
    'INSERT INTO handouts (bot_id, mail, message_id, cursor, at) VALUES (:botId, :mail, :messageId, :cursor, :at)',
  )
  const cameBack = sql.prepare(
    'UPDATE cursors SET came_back = 1 WHERE cursor = :cursor AND bot_id = :botId RETURNING position',
  )
  const handouts = sql.prepare(
    `SELECT handouts.bot_id AS botId, mail, message_id AS messageId, at, came_back AS cameBack
     FROM handouts JOIN cursors USING (cursor) WHERE handouts.bot_id = :botId ORDER BY handouts.number`,
  )
  const move = sql.prepare(
    `UPDATE mail SET bot_id = :toBotId, rest = replace(rest, :fromBotId, :toBotId)
     WHERE bot_id = :fromBotId AND is_out = 0 RETURNING token`,
  )
  const count = sql.prepare('SELECT count(*) AS n FROM mail WHERE bot_id = :botId AND is_out = 0')

  return {
    lastNumber: () => row<{ number: number | null }>(last)?.number ?? 0,
    add(botId, { messageId, rest, token }) {
      insert.run({ botId, messageId, rest, token })
    },
    waiting: (botId, limit) => rows<Mail>(waiting, { botId, limit }),
    after: (botId, position, limit) => rows<Mail>(after, { botId, position, limit }),
    takeDue(botId, now, limit) {
      const found = rows<Mail & { redelivery: number }>(due, { botId, now, limit })
      for (const { redelivery } of found) forget.run({ number: redelivery })
      return found.map(({ number, messageId, rest }) => ({ number, messageId, rest }))
    },
    nextDue: botId => row<{ dueAt: number | null }>(nextDue, { botId })?.dueAt ?? null,
    redeliver(botId, { mail, messageId, dueAt }) {
      redeliver.run({ botId, mail, messageId, dueAt })
    },
    handOut(botId, mail, at) {
      const cursor = ids.base64('cursor', CURSOR_BYTES)
      addCursor.run({ cursor, botId, position: Math.max(0, ...mail.map(({ number }) => number)) })
      for (const { number, messageId } of mail) {
        markOut.run({ number })
        addHandout.run({ botId, mail: number, messageId, cursor, at })
      }
      return cursor
    },
    position: (botId, cursor) => row<{ position: number }>(cameBack, { cursor, botId })?.position ?? null,
    handouts: botId =>
      rows<Omit<Handout, 'cameBack'> & { cameBack: number }>(handouts, { botId }).map(one => ({
        ...one,
        cameBack: one.cameBack === 1,
      })),
    move: (fromBotId, toBotId) => rows<{ token: string }>(move, { fromBotId, toBotId }).map(({ token }) => token),
    countWaiting: botId => row<{ n: number }>(count, { botId })?.n ?? 0,
  }
}
