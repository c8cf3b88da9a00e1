import { type Address, addressKey, parseAddress } from '../core/address.ts'
import { utcSeconds } from '../core/clock.ts'
import type { Database } from './database.ts'
import { readMemo, writeMemo } from './memos.ts'

/** What the bridge knows after a restart: how far it has read, what its notices told of, and what it still has to say. */

const READERS = 'bridge:'

/** null: it has not begun. */
export function bridgePosition(database: Database, name: string): number | null {
  const seq = database.get('SELECT seq FROM positions WHERE reader = ?', READERS + name)?.['seq']
  return typeof seq === 'number' ? seq : null
}

/** Never back. */
export function moveBridge(database: Database, name: string, seq: number): void {
  database.run(
    `INSERT INTO positions (reader, seq, received) VALUES (?, ?, 0)
     ON CONFLICT (reader) DO UPDATE SET seq = max(seq, excluded.seq)`,
    READERS + name,
    seq,
  )
}

/** The others are forgotten: whoever is wanted again begins anew. */
export function keepBridgePositions(database: Database, isWanted: (name: string) => boolean): void {
  const rows = database.all('SELECT reader FROM positions WHERE substr(reader, 1, ?) = ?', READERS.length, READERS)
  for (const reader of rows.map(row => String(row['reader']))) {
    if (!isWanted(reader.slice(READERS.length))) database.run('DELETE FROM positions WHERE reader = ?', reader)
  }
}

/** A part of a notice, and who wrote it: an address, or a word for nobody. */
export interface ToldPeer {
  readonly peer: string
  readonly from: number
  readonly to: number
}

export interface ToldNotice {
  readonly content: string
  readonly peers: readonly ToldPeer[]
}

export function rememberNotice(database: Database, entry: number, peers: readonly ToldPeer[]): void {
  database.run('INSERT INTO bridge_notices (entry, peers) VALUES (?, ?)', entry, JSON.stringify(peers))
}

export function isNotice(database: Database, entry: number): boolean {
  return database.get('SELECT 1 AS yes FROM bridge_notices WHERE entry = ?', entry) !== undefined
}

/** @param to whoever quotes it: a notice that somebody else got is none of theirs */
export function noticeAt(database: Database, seq: number, to: Address): ToldNotice | null {
  const row = database.get(
    `SELECT o.content, n.peers FROM outbox o JOIN bridge_notices n ON n.entry = o.id
     WHERE o.seq = ? AND ${IS_RECIPIENT}`,
    seq,
    addressKey(to),
  )
  return row === undefined ? null : { content: String(row['content']), peers: JSON.parse(String(row['peers'])) }
}

const IS_RECIPIENT = 'lower(o.recipient) = lower(?)'

/** The newest first. */
export function recentNotices(
  database: Database,
  { to, sinceMs, limit }: { to: Address; sinceMs: number; limit: number },
): ToldNotice[] {
  return database
    .all(
      `SELECT o.content, n.peers FROM bridge_notices n JOIN outbox o ON o.id = n.entry
       WHERE ${IS_RECIPIENT} AND o.created_at >= ? ORDER BY n.entry DESC LIMIT ?`,
      addressKey(to),
      utcSeconds(sinceMs),
      limit,
    )
    .map(row => ({ content: String(row['content']), peers: JSON.parse(String(row['peers'])) as ToldPeer[] }))
}

export interface LastNotice {
  readonly sentAtMs: number
  /** It is not settled yet. */
  readonly isOpen: boolean
}

export function lastNoticeTo(database: Database, to: Address): LastNotice | null {
  const row = database.get(
    `SELECT o.state, o.created_at FROM bridge_notices n JOIN outbox o ON o.id = n.entry
     WHERE ${IS_RECIPIENT} ORDER BY n.entry DESC LIMIT 1`,
    addressKey(to),
  )
  if (row === undefined) return null
  const state = String(row['state'])
  return { sentAtMs: Date.parse(String(row['created_at'])), isOpen: state === 'queued' || state === 'sending' }
}

/**
 * Whether a notice of that time has no name by which it could be quoted: its server gave none, or its answer was lost.
 * Then nobody can tell whether it is the one that is meant.
 */
export function hasNamelessNotice(
  database: Database,
  { to, account, sinceMs }: { to: Address; account: string; sinceMs: number },
): boolean {
  return (
    database.get(
      `SELECT 1 FROM bridge_notices n JOIN outbox o ON o.id = n.entry
       WHERE ${IS_RECIPIENT} AND o.created_at >= ? AND o.state IN ('sending', 'accepted', 'unknown')
         AND NOT EXISTS (SELECT 1 FROM known_ids k WHERE k.source = ? AND k.account = ? AND k.seq = o.seq)
       LIMIT 1`,
      addressKey(to),
      utcSeconds(sinceMs),
      account,
      account,
    ) !== undefined
  )
}

/** Whether something else than a notice, said to them or by them before, is or holds these words. */
export function isSaidElsewhere(
  database: Database,
  {
    words,
    how,
    peer,
    before,
    sinceMs,
  }: { words: string; how: 'equal' | 'within'; peer: Address; before: number; sinceMs: number },
): boolean {
  const fits = how === 'equal' ? 'trim(m.content) = ?3' : 'instr(m.content, ?3) > 0'
  return (
    database.get(
      `SELECT 1 FROM messages m
       WHERE m.seq < ?4 AND m.received_at >= ?2 AND (m.recipient = ?1 OR m.peer = ?1) AND ${fits}
         AND NOT EXISTS (SELECT 1 FROM outbox o JOIN bridge_notices n ON n.entry = o.id WHERE o.seq = m.seq)
       LIMIT 1`,
      addressKey(peer),
      utcSeconds(sinceMs),
      words,
      before,
    ) !== undefined
  )
}

const SOURCE = 'bridge'
const WATCHED = 'watched'

/** An entry of the outbox that somebody on WeChat wants to hear of if it fails. */
export interface Watched {
  readonly entry: number
  readonly teller: Address
}

export function watchEntry(database: Database, { entry, teller }: Watched): void {
  writeMemo(database, { source: SOURCE, account: WATCHED, key: String(entry), value: addressKey(teller) })
}

export function watchedEntries(database: Database): Watched[] {
  return database
    .all('SELECT key, value FROM memos WHERE source = ? AND account = ?', SOURCE, WATCHED)
    .flatMap(row => {
      const teller = parseAddress(String(row['value']))
      return teller === null ? [] : { entry: Number(row['key']), teller }
    })
    .sort((a, b) => a.entry - b.entry)
}

export function unwatchEntry(database: Database, entry: number): void {
  database.run('DELETE FROM memos WHERE source = ? AND account = ? AND key = ?', SOURCE, WATCHED, String(entry))
}

const SPEAKING = 'speaking-to'

/** To whom somebody on WeChat speaks until they say otherwise; null: to the agent. */
export function speaksTo(database: Database, speaker: Address): Address | null {
  return parseAddress(readMemo(database, { source: SOURCE, account: SPEAKING, key: addressKey(speaker) }) ?? '')
}

export function setSpeaksTo(database: Database, speaker: Address, listener: Address | null): void {
  const memo = { source: SOURCE, account: SPEAKING, key: addressKey(speaker) }
  writeMemo(database, { ...memo, value: listener === null ? '' : addressKey(listener) })
}
