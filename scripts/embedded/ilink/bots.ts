/** Who is bound: one WeChat account has one bot at a time, and a later one ends it (IL §3). */

import type { DatabaseSync } from 'node:sqlite'
import type { Ids } from './chance.ts'
import { row, rows } from './database.ts'
import type { Origin } from './request-log.ts'

export interface Bot {
  /** `<12 hex>@im.bot` */
  readonly id: string
  /** Who scanned. */
  readonly userId: string
  /** `<bot id>:<secret>` */
  readonly token: string
  /** Where `baseurl` sent it. */
  readonly origin: Origin
  readonly boundAt: number
  /** false: superseded or revoked. */
  readonly isLive: boolean
  /** Since its last `notifystart`; null: not started, or stopped. */
  readonly onlineSince: number | null
  /** How often each notice came. */
  readonly starts: number
  readonly stops: number
}

export interface BotStore {
  /** A new bot for the user; the one before it is dead from here on. */
  bind(userId: string, origin: Origin, at: number): Bot
  byToken(token: string): Bot | null
  byId(id: string): Bot | null
  /** The live one of a user. */
  liveOf(userId: string): Bot | null
  /** In the order of their binding. */
  all(): Bot[]
  revoke(token: string): void
  setOnline(id: string, at: number | null): void
}

type BotRow = Omit<Bot, 'isLive'> & { readonly isLive: number }

const COLUMNS = `id, user_id AS userId, token, origin, bound_at AS boundAt, is_live AS isLive,
  online_since AS onlineSince, starts, stops`

export function createBotStore(sql: DatabaseSync, ids: Ids): BotStore {
  const supersede = sql.prepare('UPDATE bots SET is_live = 0 WHERE user_id = :userId')
  const insert = sql.prepare(
    `INSERT INTO bots (id, user_id, token, origin, bound_at, is_live) VALUES (:id, :userId, :token, :origin, :at, 1)
     RETURNING ${COLUMNS}`,
  )
  const byToken = sql.prepare(`SELECT ${COLUMNS} FROM bots WHERE token = :token`)
  const byId = sql.prepare(`SELECT ${COLUMNS} FROM bots WHERE id = :id`)
  const live = sql.prepare(`SELECT ${COLUMNS} FROM bots WHERE user_id = :userId AND is_live = 1`)
  const all = sql.prepare(`SELECT ${COLUMNS} FROM bots ORDER BY number`)
  const revoke = sql.prepare('UPDATE bots SET is_live = 0 WHERE token = :token')
  const start = sql.prepare('UPDATE bots SET online_since = :at, starts = starts + 1 WHERE id = :id')
  const stop = sql.prepare('UPDATE bots SET online_since = NULL, stops = stops + 1 WHERE id = :id')

  const botOf = (found: BotRow | undefined): Bot | null =>
    found === undefined ? null : { ...found, isLive: found.isLive === 1 }

  return {
    bind(userId, origin, at) {
      supersede.run({ userId })
      const id = `${ids.hex('bot', 6)}@im.bot`
      const token = `${id}:${ids.hex('bot token', 20)}`
      const bot = botOf(row<BotRow>(insert, { id, userId, token, origin, at }))
      if (bot === null) throw new Error('an inserted row is returned')
      return bot
    },
    byToken: token => botOf(row(byToken, { token })),
    byId: id => botOf(row(byId, { id })),
    liveOf: userId => botOf(row(live, { userId })),
    all: () => rows<BotRow>(all).map(found => ({ ...found, isLive: found.isLive === 1 })),
    revoke(token) {
      revoke.run({ token })
    },
    setOnline(id, at) {
      if (at === null) stop.run({ id })
      else start.run({ id, at })
    },
  }
}
