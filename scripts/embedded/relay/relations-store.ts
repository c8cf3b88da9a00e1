/** Who stands how to whom, RC §9: none → pending → accepted → blocked → none. One row per pair. */

import type { DatabaseSync } from 'node:sqlite'
import { row, rows, sqlId } from './database.ts'
import type { Friend } from './people-text.ts'

export interface Relation {
  readonly state: 'pending' | 'accepted' | 'blocked'
  /** Who asked, or who blocked. */
  readonly actorId: number
  /** The time of its last change. */
  readonly since: number
}

export interface RelationsStore {
  between(a: number, b: number): Relation | null
  set(a: number, b: number, relation: Relation): void
  remove(a: number, b: number): void
  friendsOf(id: number): Friend[]
  countFriendships(): number
}

function pair(a: number, b: number): { low: number | bigint; high: number | bigint } {
  return { low: sqlId(Math.min(a, b)), high: sqlId(Math.max(a, b)) }
}

export function createRelationsStore(sql: DatabaseSync): RelationsStore {
  const between = sql.prepare(
    'SELECT state, actor_id AS actorId, since FROM relations WHERE low_id = :low AND high_id = :high',
  )
  const set = sql.prepare(
    `INSERT OR REPLACE INTO relations (low_id, high_id, state, actor_id, since)
     VALUES (:low, :high, :state, :actorId, :since)`,
  )
  const remove = sql.prepare('DELETE FROM relations WHERE low_id = :low AND high_id = :high')
  // "order undefined" (RC §4.4); this one is that of transcripts 805 and 806.
  const friends = sql.prepare(
    `SELECT users.id, name, description, since, last_active_at AS lastActiveAt
     FROM relations JOIN users ON users.id = CASE low_id WHEN :me THEN high_id ELSE low_id END
     WHERE (low_id = :me OR high_id = :me) AND state = 'accepted'
     ORDER BY low_id = :me DESC, users.id`,
  )
  const count = sql.prepare("SELECT count(*) AS n FROM relations WHERE state = 'accepted'")
  return {
    between: (a, b) => row<Relation>(between, pair(a, b)) ?? null,
    set(a, b, { state, actorId, since }) {
      set.run({ ...pair(a, b), state, actorId, since })
    },
    remove(a, b) {
      remove.run(pair(a, b))
    },
    friendsOf: id => rows<Friend>(friends, { me: id }),
    countFriendships: () => row<{ n: number }>(count)?.n ?? 0,
  }
}
