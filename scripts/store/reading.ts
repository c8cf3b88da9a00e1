import type { SQLOutputValue } from 'node:sqlite'
import { parseAddress } from '../core/address.ts'
import type { Flags, MessageType, Party, Via } from '../core/message.ts'
import { decodeUtf8 } from '../core/utf8.ts'
import type { Database } from './database.ts'
import {
  andNotAside,
  COUNTED,
  hasPeerPositions,
  READ_WITH_PEER,
  RECEIVED,
  readPosition,
  readWithPeer,
} from './positions.ts'

/** What commands read of the messages: beside a running daemon, or without one. */
export interface ReadMessage {
  readonly seq: number
  readonly at: string
  readonly via: Via
  readonly type: MessageType
  /** null: not verified. */
  readonly from: Party | null
  /** null: it was sent to us. */
  readonly to: Party | null
  /** Its beginning, where it is long. */
  readonly content: string
  /** Something is missing in front. */
  readonly cut?: boolean
  readonly flags: Flags
  /** Whose inbox it came to. */
  readonly account: string
}

/** Nobody is shown more of one message than fits into this, and it may be a megabyte. */
const SHOWN_BYTES = 8192

const COLUMNS = 'm.seq, m.at, m.via, m.type, m.peer, m.name, m.recipient, m.recipient_name, m.flags, m.account'
/** By bytes: counting characters SQLite would stop at a NUL. */
const BEGINNING = `substr(CAST(m.content AS BLOB), 1, ${SHOWN_BYTES})`

function toMessage(row: readonly SQLOutputValue[]): ReadMessage {
  const [seq, at, via, type, peer, name, recipient, recipientName, flags, account, content] = row
  return {
    seq: Number(seq),
    at: String(at),
    via: String(via) as Via,
    type: String(type) as MessageType,
    from: toParty(peer, name),
    to: toParty(recipient, recipientName),
    content: asText(content),
    flags: JSON.parse(String(flags)) as Flags,
    account: String(account),
  }
}

function asText(bytes: SQLOutputValue | undefined): string {
  return bytes instanceof Uint8Array ? decodeUtf8(bytes) : ''
}

function toParty(key: unknown, name: unknown): Party | null {
  const address = typeof key === 'string' ? parseAddress(key) : null
  return address === null ? null : { address, name: String(name) }
}

/** The first message that is not settled yet: whatever is behind it waits with it, as it does in the files. */
export function firstUnsettled(database: Database): number {
  const row = database.get("SELECT min(seq) AS seq FROM messages WHERE state <> 'final'")
  return typeof row?.['seq'] === 'number' ? row['seq'] : Number.MAX_SAFE_INTEGER
}

/** More need not be counted to know that many wait. */
const MOST_WAITING = 1000

export function countWaiting(database: Database): number {
  const row = database.get(
    `SELECT count(*) AS n FROM
       (SELECT 1 FROM messages m WHERE m.seq >= ? AND ${COUNTED} LIMIT ${MOST_WAITING})`,
    firstUnsettled(database),
  )
  return Number(row?.['n'] ?? 0)
}

export interface Wanted {
  readonly reader: string
  /** Address; only what this peer sent. */
  readonly peer?: string | undefined
  /** From there on, wherever the reader's position is. */
  readonly since?: number | undefined
}

/** What is new, oldest first: what the reader has not read, or what came after `since`. */
export function newMessages(database: Database, wanted: Wanted, limit: number): ReadMessage[] {
  const { where, values } = newOnes(database, wanted, RECEIVED)
  const rows = database.lists(
    `SELECT ${COLUMNS}, ${BEGINNING} FROM messages m WHERE ${where} ORDER BY m.seq LIMIT ?`,
    ...values,
    limit,
  )
  return rows.map(toMessage)
}

/** Whether something is there to be read. */
export function hasUnread(database: Database, wanted: Wanted): boolean {
  const { where, values } = newOnes(database, wanted, COUNTED)
  return database.get(`SELECT 1 FROM messages m WHERE ${where} LIMIT 1`, ...values) !== undefined
}

function newOnes(
  database: Database,
  { reader, peer, since }: Wanted,
  which: string,
): { where: string; values: (string | number)[] } {
  const before = firstUnsettled(database)
  // Who names a number gets everything from there.
  const wanted = since === undefined ? `${which} ${andNotAside(database)}` : which
  if (peer !== undefined) {
    const after = since ?? readWithPeer(database, reader, peer)
    return { where: `m.peer = ? AND m.seq > ? AND m.seq < ? AND ${wanted}`, values: [peer, after, before] }
  }
  const where = `m.seq > ? AND m.seq < ? AND ${wanted}`
  if (since !== undefined) return { where, values: [since, before] }
  const { seq } = readPosition(database, reader)
  if (!hasPeerPositions(database)) return { where, values: [seq, before] }
  return { where: `${where} AND NOT ${READ_WITH_PEER}`, values: [seq, before, reader] }
}

/** What was said with one peer, in both directions, newest first. */
export function messagesWith(
  database: Database,
  { peer, before, limit }: { peer: string; before: number; limit: number },
): ReadMessage[] {
  const rows = database.lists(
    `SELECT ${COLUMNS}, ${BEGINNING} FROM messages m WHERE m.seq IN (
       SELECT seq FROM (SELECT seq FROM messages
         WHERE peer = ?1 AND seq < ?2 AND state = 'final' AND merged_into IS NULL ORDER BY seq DESC LIMIT ?3)
       UNION
       SELECT seq FROM (SELECT seq FROM messages
         WHERE recipient = ?1 AND seq < ?2 AND state = 'final' ORDER BY seq DESC LIMIT ?3))
     ORDER BY m.seq DESC LIMIT ?3`,
    peer,
    before,
    limit,
  )
  return rows.map(toMessage)
}

/** For a search: the whole content, newest first, of messages that are shown. */
export function contentsBelow(
  database: Database,
  { before, from, limit }: { before: number; from: number; limit: number },
): { seq: number; content: string }[] {
  const rows = database.lists(
    `SELECT m.seq, m.content FROM messages m
     WHERE m.seq < ? AND m.seq >= ? AND m.state = 'final' AND m.merged_into IS NULL ORDER BY m.seq DESC LIMIT ?`,
    before,
    from,
    limit,
  )
  return rows.map(toContent)
}

/** For an index: the beginning of each content, oldest first. */
export function contentsAbove(
  database: Database,
  { after, upTo, limit, bytes }: { after: number; upTo: number; limit: number; bytes: number },
): { seq: number; content: string }[] {
  const rows = database.lists(
    `SELECT m.seq, substr(CAST(m.content AS BLOB), 1, ?) FROM messages m
     WHERE m.seq > ? AND m.seq <= ? AND m.merged_into IS NULL ORDER BY m.seq LIMIT ?`,
    bytes,
    after,
    upTo,
    limit,
  )
  return rows.map(([seq, content]) => ({ seq: Number(seq), content: asText(content) }))
}

/** The lowest number that is there; null when there are no messages. */
export function oldestSeq(database: Database): number | null {
  const seq = database.get('SELECT min(seq) AS seq FROM messages')?.['seq']
  return typeof seq === 'number' ? seq : null
}

/** The whole content of one message, undefined when there is none that is shown. */
export function contentOf(database: Database, seq: number): string | undefined {
  const [row] = database.lists(
    `SELECT m.seq, m.content FROM messages m
     WHERE m.seq = ? AND m.state = 'final' AND m.merged_into IS NULL`,
    seq,
  )
  return row === undefined ? undefined : toContent(row).content
}

function toContent([seq, content]: readonly SQLOutputValue[]): { seq: number; content: string } {
  return { seq: Number(seq), content: String(content) }
}

export function messageAt(database: Database, seq: number): ReadMessage | null {
  const [row] = database.lists(`SELECT ${COLUMNS}, ${BEGINNING} FROM messages m WHERE m.seq = ?`, seq)
  return row === undefined ? null : toMessage(row)
}

/** Peers that bear this name, at most two: one is meant, several are not. */
export function peersNamed(database: Database, account: string, name: string): string[] {
  return database
    .all('SELECT peer FROM contacts WHERE account = ? AND name = ? LIMIT 2', account, name)
    .map(row => String(row['peer']))
}
