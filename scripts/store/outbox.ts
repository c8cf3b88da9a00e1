import { hash } from 'node:crypto'
import { type Address, addressKey, parseAddress } from '../core/address.ts'
import type { Database, Row } from './database.ts'

/** One message that we send: committed before the request, settled with its outcome (design §2.3). */
export interface OutboxEntry {
  readonly id: number
  readonly requestId: string
  readonly sink: string
  readonly account: string
  readonly to: Address
  readonly content: string
  readonly file: OutboxFile | null
  readonly state: OutboxState
  readonly detail: OutboxDetail
  /** The message that shows it; null before it is settled. */
  readonly seq: number | null
  /** What the adapter noted of earlier tries. */
  readonly journal: string | null
  /** Milliseconds since the epoch; not tried before. */
  readonly nextAt: number
  /** What it waits for: that they write to us, or that somebody logs in; null: nothing. */
  readonly parked: 'peer' | 'login' | null
}

/** The copy in the data folder, and what the file was called. */
export interface OutboxFile {
  readonly path: string
  readonly name: string
  readonly bytes: number
}

/** `sending` is committed before the request: whoever finds it after a crash knows that it may have been made. */
export type OutboxState = 'queued' | 'sending' | SettledState
export type SettledState = 'accepted' | 'refused' | 'not_sent' | 'unknown'

export interface OutboxDetail {
  /** The other side's words. */
  readonly text?: string
  /** Ours, one word. */
  readonly reason?: string
  readonly relationship?: string
  /** Of several requests, how many were accepted. */
  readonly parts?: { readonly accepted: number; readonly of: number }
}

export interface NewEntry {
  readonly requestId: string
  readonly sink: string
  readonly account: string
  readonly to: Address
  readonly content: string
  readonly file: OutboxFile | null
  /** What it answers, as the caller names it. Relays know no answers: it only tells messages of one request id apart. */
  readonly replyTo?: string | undefined
  readonly createdAt: string
}

export function insertEntry(database: Database, entry: NewEntry): OutboxEntry {
  const id = database.run(
    `INSERT INTO outbox (request_id, fingerprint, sink, account, recipient, content, file, state, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?)`,
    entry.requestId,
    fingerprint(entry),
    entry.sink,
    entry.account,
    addressKey(entry.to),
    entry.content,
    entry.file === null ? null : JSON.stringify(entry.file),
    entry.createdAt,
  )
  return { ...entry, id, state: 'queued', detail: {}, seq: null, journal: null, nextAt: 0, parked: null }
}

/** @returns whether the entry of that request id, if there is one, says the same as this one would */
export function findRequest(
  database: Database,
  request: Pick<NewEntry, 'requestId' | 'to' | 'content' | 'file' | 'replyTo'>,
): { entry: OutboxEntry; same: boolean } | null {
  const row = database.get('SELECT * FROM outbox WHERE request_id = ?', request.requestId)
  const entry = row === undefined ? null : toEntry(row)
  if (row === undefined || entry === null) return null
  return { entry, same: fingerprint(request).equals(row['fingerprint'] as Uint8Array) }
}

export function readEntry(database: Database, id: number): OutboxEntry | null {
  const row = database.get('SELECT * FROM outbox WHERE id = ?', id)
  return row === undefined ? null : toEntry(row)
}

/** The next message to each recipient: what is behind it waits for it. Oldest first. */
export function nextEntries(database: Database, sink: string): OutboxEntry[] {
  return database
    .all(
      `SELECT * FROM outbox WHERE id IN
         (SELECT min(id) FROM outbox WHERE state IN ('queued', 'sending') AND sink = ? GROUP BY recipient)
       ORDER BY id`,
      sink,
    )
    .flatMap(row => toEntry(row) ?? [])
    .filter(entry => entry.state === 'queued')
}

/** Requests that an earlier process may have made. */
export function interruptedEntries(database: Database, sink: string): OutboxEntry[] {
  return database
    .all("SELECT * FROM outbox WHERE state IN ('queued', 'sending') AND sink = ? ORDER BY id", sink)
    .flatMap(row => toEntry(row) ?? [])
    .filter(entry => entry.state === 'sending')
}

export function markState(database: Database, id: number, state: 'queued' | 'sending'): void {
  database.run('UPDATE outbox SET state = ? WHERE id = ?', state, id)
}

/** What the adapter did of it so far. */
export function writeJournal(database: Database, id: number, journal: string): void {
  database.run('UPDATE outbox SET journal = ? WHERE id = ?', journal, id)
}

/** It goes back to those that wait, for a while or for something to happen. */
export function putBack(
  database: Database,
  id: number,
  { nextAt = 0, parked = null, detail }: { nextAt?: number; parked?: OutboxEntry['parked']; detail: OutboxDetail },
): void {
  database.run(
    "UPDATE outbox SET state = 'queued', next_at = ?, parked = ?, detail = ? WHERE id = ?",
    nextAt,
    parked,
    JSON.stringify(detail),
    id,
  )
}

export function settleEntry(
  database: Database,
  id: number,
  outcome: { state: SettledState; detail: OutboxDetail; seq: number; settledAt: string },
): void {
  database.run(
    'UPDATE outbox SET state = ?, detail = ?, seq = ?, settled_at = ?, journal = NULL, parked = NULL WHERE id = ?',
    outcome.state,
    JSON.stringify(outcome.detail),
    outcome.seq,
    outcome.settledAt,
    id,
  )
}

const WECHAT_WAITS = "state IN ('queued', 'sending') AND substr(sink, 1, 7) = 'wechat:'"

/** The next message to each person on WeChat that can be tried; what is behind one that waits for something waits with it. */
export function nextOnWechat(database: Database): OutboxEntry[] {
  return database
    .all(
      `SELECT * FROM outbox WHERE id IN (SELECT min(id) FROM outbox WHERE ${WECHAT_WAITS} GROUP BY recipient)
         AND state = 'queued' AND parked IS NULL
       ORDER BY id`,
    )
    .flatMap(row => toEntry(row) ?? [])
}

/** After a start: what an earlier process was sending, and what it had set aside, is looked at anew. */
export function requeueOnWechat(database: Database): void {
  database.run(`UPDATE outbox SET state = 'queued', parked = NULL, next_at = 0 WHERE ${WECHAT_WAITS}`)
}

/** Of accounts that are not there any more. */
export function orphansOnWechat(database: Database): number[] {
  return database
    .all(`SELECT id FROM outbox WHERE ${WECHAT_WAITS} AND substr(sink, 8) NOT IN (SELECT name FROM wechat_accounts)`)
    .map(row => Number(row['id']))
}

/**
 * What was set aside for one account is to be tried.
 *
 * @param users null: whoever it is for
 */
export function release(
  database: Database,
  { sink, until, users }: { sink: string; until: 'peer' | 'login'; users: readonly string[] | null },
): void {
  const waits = `${WECHAT_WAITS} AND sink = ? AND parked = ?`
  if (users === null) {
    database.run(`UPDATE outbox SET parked = NULL, next_at = 0 WHERE ${waits}`, sink, until)
    return
  }
  for (const user of users) {
    database.run(
      `UPDATE outbox SET parked = NULL, next_at = 0 WHERE ${waits} AND lower(recipient) = lower(?)`,
      sink,
      until,
      `${sink}/${user}`,
    )
  }
}

/** What a request id stands for: repeating it must mean the same message, not only the same number. */
function fingerprint({ to, content, file, replyTo }: Pick<NewEntry, 'to' | 'content' | 'file' | 'replyTo'>): Buffer {
  const what = [addressKey(to), content, file === null ? null : [file.path, file.name]]
  return hash('sha256', JSON.stringify(replyTo === undefined ? what : [...what, replyTo]), 'buffer')
}

function toEntry(row: Row): OutboxEntry | null {
  const to = parseAddress(String(row['recipient']))
  if (to === null) return null
  return {
    id: Number(row['id']),
    requestId: String(row['request_id']),
    sink: String(row['sink']),
    account: String(row['account']),
    to,
    content: String(row['content']),
    file: row['file'] === null ? null : (JSON.parse(String(row['file'])) as OutboxFile),
    state: String(row['state']) as OutboxState,
    detail: JSON.parse(String(row['detail'])) as OutboxDetail,
    seq: row['seq'] === null ? null : Number(row['seq']),
    journal: row['journal'] === null ? null : String(row['journal']),
    nextAt: Number(row['next_at']),
    parked: row['parked'] === 'peer' || row['parked'] === 'login' ? row['parked'] : null,
  }
}
