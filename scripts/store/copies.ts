import { hash } from 'node:crypto'
import { addressKey } from '../core/address.ts'
import type { MessageState, ParsedMessage } from '../core/message.ts'
import { count } from './counters.ts'
import type { Database } from './database.ts'

/** Messages that say the same as another one: told by a digest, so that no two have to be compared. */

/**
 * What makes two messages say the same. A hundred thousand of one second are nothing unusual for a flood, so they are
 * compared by an index, not one by one.
 */
export function messageDigest({
  type,
  from,
  at,
  content,
}: Pick<ParsedMessage, 'type' | 'from' | 'at' | 'content'>): Uint8Array | null {
  // Whoever else brings messages names them by ids: to say the same twice is two messages (design §3).
  if (type === 'correction' || from?.address.scheme !== 'relay' || at === null) return null
  const digest = hash('sha256', `${addressKey(from.address)}\n${at}\n${content}`, 'buffer').subarray(0, DIGEST_BYTES)
  // Messages of one time lie side by side in the index: else each one would dirty another page of it.
  digest.writeUIntBE(Math.max(0, Math.floor(Date.parse(at) / 1000) || 0) % 2 ** 40, 0, 5)
  return digest
}

/** 11 bytes of the hash behind 5 of the time: equal by chance never, and on purpose only among one sender's own. */
const DIGEST_BYTES = 16

/** The other one of a pair that RC 709 describes: same sender, time and content, as request and as chat. */
export function findTwin(
  database: Database,
  { account, parsed, sinceSeq }: { account: string; parsed: ParsedMessage; sinceSeq: number },
): { seq: number; state: MessageState } | null {
  const digest = messageDigest(parsed)
  if (digest === null) return null
  const other = parsed.type === 'chat' ? 'friend_request' : 'chat'
  const row = database.get(
    `SELECT seq, state FROM messages
     WHERE digest = ? AND account = ? AND type = ? AND seq >= ? AND via <> 'import'
       AND merged_into IS NULL AND json_extract(flags, '$.also') IS NULL LIMIT 1`,
    digest,
    account,
    other,
    sinceSeq,
  )
  return row === undefined ? null : { seq: Number(row['seq']), state: String(row['state']) as MessageState }
}

/** Makes `seq` a second copy of `twin`; a twin that is not shown yet becomes the request that was both. */
export function mergeTwins(database: Database, seq: number, twin: { seq: number; state: MessageState }): void {
  database.run("UPDATE messages SET merged_into = ?, state = 'final' WHERE seq = ?", twin.seq, seq)
  count(database, 'merged')
  if (twin.state === 'final') return
  database.run(
    `UPDATE messages SET type = 'friend_request', state = 'final', flags = json_set(flags, '$.also', 'chat')
     WHERE seq = ?`,
    twin.seq,
  )
}

/** Numbers, from `seq` on, of messages that repeat an earlier one (`StoredMessage.repeatsEarlier`). */
export function repeatsSince(database: Database, seq: number): ReadonlySet<number> {
  const rows = database.lists(`SELECT m.seq FROM messages m WHERE m.seq >= ? AND ${REPEATS}`, seq)
  return new Set(rows.map(([repeating]) => Number(repeating)))
}

/** For a query of messages `m`; true when an earlier one says the same, be it archived by now. */
export const REPEATS = `m.digest IS NOT NULL
  AND (EXISTS (SELECT 1 FROM messages e WHERE e.digest = m.digest AND e.seq < m.seq)
    OR EXISTS (SELECT 1 FROM pruned_digests p WHERE p.digest = m.digest))`
