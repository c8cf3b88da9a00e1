import { hash } from 'node:crypto'
import type { EarlierMessage } from '../core/adapter.ts'
import { utcSeconds } from '../core/clock.ts'
import type { Database } from './database.ts'

/**
 * Ids that the other side gave its messages. Who got no answer from us sends again, an hour or a week later (OI §4.3): the
 * id tells that it is the same message. Content never does.
 */

/** The message of that id; null when there was none. */
export function knownSeq(
  database: Database,
  { source, account, id }: { source: string; account: string; id: string },
): number | null {
  const seq = database.get(
    'SELECT seq FROM known_ids WHERE source = ? AND account = ? AND id = ?',
    source,
    account,
    keyOf(id),
  )?.['seq']
  return typeof seq === 'number' ? seq : null
}

/** @param at ISO time, UTC */
export function rememberId(
  database: Database,
  { source, account, id, seq, at }: { source: string; account: string; id: string; seq: number; at: string },
): void {
  database.run(
    'INSERT INTO known_ids (source, account, id, seq, at) VALUES (?, ?, ?, ?, ?)',
    source,
    account,
    keyOf(id),
    seq,
    at,
  )
  if (seq % SWEEP_EVERY === 0) forgetOldIds(database, { source, account, now: Date.parse(at) })
}

/** More names of the same message. One that another message has already stays with that one. */
export function rememberAlso(
  database: Database,
  {
    source,
    account,
    ids,
    seq,
    at,
  }: { source: string; account: string; ids: readonly string[]; seq: number; at: string },
): void {
  for (const id of ids) {
    database.run(
      'INSERT INTO known_ids (source, account, id, seq, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      source,
      account,
      keyOf(id),
      seq,
      at,
    )
  }
}

/** The message that the first known one of these ids belongs to; null: none, or it is archived. */
export function messageOf(
  database: Database,
  { source, account, ids }: { source: string; account: string; ids: readonly string[] },
): EarlierMessage | null {
  for (const id of ids) {
    const row = database.get(
      `SELECT m.seq, m.content, m.recipient FROM known_ids k JOIN messages m ON m.seq = k.seq
       WHERE k.source = ? AND k.account = ? AND k.id = ?`,
      source,
      account,
      keyOf(id),
    )
    if (row !== undefined) {
      return { seq: Number(row['seq']), content: String(row['content']), isOurs: row['recipient'] !== null }
    }
  }
  return null
}

/** OI §4.3: for so long, and so many of one account however old they are. */
const KEPT_MS = 7 * 24 * 3_600_000
const KEPT_IDS = 50_000
/** Looking for old ones costs more than an id. A prime: those who take turns with others get theirs too. */
const SWEEP_EVERY = 499

function forgetOldIds(
  database: Database,
  { source, account, now }: { source: string; account: string; now: number },
): void {
  database.run(
    `DELETE FROM known_ids WHERE source = ?1 AND account = ?2 AND at < ?3 AND at <
       (SELECT at FROM known_ids WHERE source = ?1 AND account = ?2 ORDER BY at DESC LIMIT 1 OFFSET ${KEPT_IDS - 1})`,
    source,
    account,
    utcSeconds(now - KEPT_MS),
  )
}

/** Ids are a few digits or a UUID. Whatever else comes must neither fill the index nor lose what tells it apart. */
const LONGEST_ID = 200

function keyOf(id: string): string {
  if (id.length <= LONGEST_ID && id.isWellFormed()) return id
  return `sha256:${hash('sha256', JSON.stringify(id))}`
}
