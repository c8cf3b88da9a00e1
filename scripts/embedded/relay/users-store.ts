/** The accounts. */

import type { DatabaseSync } from 'node:sqlite'
import { row, rows, sqlId } from './database.ts'
import type { Status, User } from './messages.ts'

const COLUMNS = 'id, name, description, status, registered_at AS registeredAt, last_active_at AS lastActiveAt'

export interface NewUser {
  readonly name: string
  readonly description: string | null
  readonly status: Status
  readonly token: string
  readonly at: number
}

export interface UsersStore {
  count(): number
  isNameTaken(name: string): boolean
  add(user: NewUser): User
  byToken(token: string): User | null
  byId(id: number): User | null
  touch(id: number, at: number): void
  setStatus(id: number, status: Status): void
  homepage(id: number): Uint8Array | null
  setHomepage(id: number, html: Uint8Array): void
  /** The most recently active first. */
  recentlyActive(limit: number): User[]
  /** Ids of the open users that `exceptId` may discover; the keyword is looked for in name and description. */
  discoverable(exceptId: number, keyword: string): number[]
}

export function createUsersStore(sql: DatabaseSync): UsersStore {
  const count = sql.prepare('SELECT count(*) AS n FROM users')
  const byName = sql.prepare('SELECT id FROM users WHERE name = ?')
  const insert = sql.prepare(
    `INSERT INTO users (name, description, status, token, registered_at, last_active_at)
     VALUES (:name, :description, :status, :token, :at, :at) RETURNING ${COLUMNS}`,
  )
  const byToken = sql.prepare(`SELECT ${COLUMNS} FROM users WHERE token = :token`)
  const byId = sql.prepare(`SELECT ${COLUMNS} FROM users WHERE id = :id`)
  const touch = sql.prepare('UPDATE users SET last_active_at = ? WHERE id = ?')
  const setStatus = sql.prepare('UPDATE users SET status = ? WHERE id = ?')
  const homepage = sql.prepare('SELECT homepage FROM users WHERE id = :id')
  const setHomepage = sql.prepare('UPDATE users SET homepage = ? WHERE id = ?')
  const recent = sql.prepare(`SELECT ${COLUMNS} FROM users ORDER BY last_active_at DESC, id DESC LIMIT :limit`)
  const discoverable = sql.prepare(
    `SELECT id FROM users WHERE id <> :me AND status = 'open' AND (:keyword = ''
       OR instr(lower(name), lower(:keyword)) > 0 OR instr(lower(description), lower(:keyword)) > 0)`,
  )
  return {
    count: () => row<{ n: number }>(count)?.n ?? 0,
    isNameTaken: name => byName.get(name) !== undefined,
    add({ name, description, status, token, at }) {
      const user = row<User>(insert, { name, description, status, token, at })
      if (user === undefined) throw new Error('the insert returned no row')
      return user
    },
    byToken: token => row<User>(byToken, { token }) ?? null,
    byId: id => row<User>(byId, { id: sqlId(id) }) ?? null,
    touch(id, at) {
      touch.run(at, id)
    },
    setStatus(id, status) {
      setStatus.run(status, id)
    },
    homepage: id => row<{ homepage: Uint8Array | null }>(homepage, { id: sqlId(id) })?.homepage ?? null,
    setHomepage(id, html) {
      setHomepage.run(html, id)
    },
    recentlyActive: limit => rows<User>(recent, { limit }),
    discoverable: (exceptId, keyword) =>
      rows<{ id: number }>(discoverable, { me: exceptId, keyword }).map(found => found.id),
  }
}
