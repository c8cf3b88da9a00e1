import type { UnresolvedMessage } from '../core/adapter.ts'
import { addressKey } from '../core/address.ts'
import type { Flags, ParsedMessage } from '../core/message.ts'
import { decodeUtf8 } from '../core/utf8.ts'
import { messageDigest } from './copies.ts'
import type { Database } from './database.ts'
import { insertMessage } from './messages.ts'

/** Messages whose sender is not known for sure yet (RC §8.3), oldest first, with the text of the message as received. */
export function unresolvedMessages(database: Database, source: string, account: string): UnresolvedMessage[] {
  return database
    .all(
      `SELECT m.seq, m.flags, substr(p.body, m.payload_from + 1, m.payload_to - m.payload_from) AS payload
       FROM messages m JOIN payloads p ON p.id = m.payload
       WHERE m.unresolved = 1 AND m.source = ? AND m.account = ? ORDER BY m.seq`,
      source,
      account,
    )
    .map(row => ({
      seq: Number(row['seq']),
      payload: decodeUtf8(row['payload'] as Uint8Array),
      flags: JSON.parse(String(row['flags'])) as Flags,
    }))
}

/** As the indexes have it: without these very words SQLite looks at every message there is. */
const UNSETTLED = "state <> 'final'"

/** The earliest moment at which something has to be shown as it is; null when nothing waits. */
export function nextDeadline(database: Database): number | null {
  const by = database.get(`SELECT min(settle_by) AS at FROM messages WHERE ${UNSETTLED}`)?.['at']
  return typeof by === 'number' ? by : null
}

/** Whatever waited long enough is shown: its sender stays unverified, or its twin did not come. */
export function settleOverdue(database: Database, now: number): void {
  database.run(`UPDATE messages SET state = 'final' WHERE ${UNSETTLED} AND settle_by <= ?`, now)
}

/** The deadlines of another process mean nothing here, and nobody is looking anything up yet: the time starts anew. */
export function restartDeadlines(database: Database, settleBy: number): void {
  database.run(`UPDATE messages SET settle_by = ? WHERE ${UNSETTLED} AND state = 'resolving'`, settleBy)
  showHeld(database)
}

/** Twins come within a second or not at all (RC 709). */
export function showHeld(database: Database): void {
  database.run(`UPDATE messages SET state = 'final' WHERE ${UNSETTLED} AND state = 'held'`)
}

/**
 * Writes down who sent it after all. A message that is already shown stays as it is, and a correction is appended.
 *
 * @returns whether it was still hidden or shown already; null when it needed no resolution any more
 */
export function resolveMessage(
  database: Database,
  { seq, parsed, receivedAt }: { seq: number; parsed: ParsedMessage | null; receivedAt: string },
): 'resolving' | 'shown' | null {
  const row = database.get('SELECT state, source, account, via FROM messages WHERE seq = ? AND unresolved = 1', seq)
  if (row === undefined) return null
  const shown = row['state'] === 'final'
  if (parsed === null) {
    database.run("UPDATE messages SET unresolved = 0, state = 'final' WHERE seq = ?", seq)
    return shown ? 'shown' : 'resolving'
  }
  if (!shown) {
    database.run(
      `UPDATE messages SET unresolved = 0, type = ?, peer = ?, name = ?, content = ?, flags = ?, digest = ?,
         state = 'final' WHERE seq = ?`,
      parsed.type,
      parsed.from === null ? null : addressKey(parsed.from.address),
      parsed.from?.name ?? '',
      parsed.content,
      JSON.stringify(parsed.flags),
      messageDigest(parsed),
      seq,
    )
    return 'resolving'
  }
  database.run('UPDATE messages SET unresolved = 0 WHERE seq = ?', seq)
  insertMessage(database, {
    source: String(row['source']),
    account: String(row['account']),
    via: String(row['via']) as 'stream' | 'poll',
    receivedAt,
    parsed: { ...parsed, type: 'correction', flags: { ref: String(seq), ...parsed.flags } },
    payload: null,
    state: 'final',
    settleBy: 0,
    unresolved: false,
  })
  return 'shown'
}
