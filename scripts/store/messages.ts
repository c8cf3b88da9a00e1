import type { SQLOutputValue } from 'node:sqlite'
import { addressKey, parseAddress } from '../core/address.ts'
import type { Flags, MessageState, MessageType, ParsedMessage, Party, Via } from '../core/message.ts'
import { messageDigest, REPEATS } from './copies.ts'
import type { Database } from './database.ts'

/** A message as it is shown: it never changes again. */
export interface StoredMessage {
  readonly seq: number
  readonly via: Via
  /** ISO, whole seconds, UTC */
  readonly receivedAt: string
  readonly at: string
  readonly type: MessageType
  readonly from: Party | null
  /** null: it was sent to us. */
  readonly to: Party | null
  readonly content: string
  readonly flags: Flags
  /** null: not received as a payload (a correction, or taken over from files). */
  readonly payload: Uint8Array | null
  /** The message that this one is a second copy of (RC 709). */
  readonly mergedInto: number | null
  /**
   * An earlier message says the same: same time, same verified sender, same content. `conversations.md` shows it once
   * (design §3); everything else shows both.
   */
  readonly repeatsEarlier: boolean
}

export interface NewMessage {
  readonly source: string
  readonly account: string
  readonly via: Via
  readonly receivedAt: string
  readonly parsed: ParsedMessage
  readonly to?: Party | undefined
  readonly payload: { readonly id: number; readonly from: number; readonly to: number } | null
  readonly state: MessageState
  /** Milliseconds by the clock of this process; only for a state other than final. */
  readonly settleBy: number
  readonly unresolved: boolean
}

export function insertPayload(database: Database, body: Uint8Array): number {
  return database.run('INSERT INTO payloads (body) VALUES (?)', body)
}

/** Returns the new message's seq. */
export function insertMessage(database: Database, message: NewMessage): number {
  const { parsed, payload } = message
  return database.run(
    `INSERT INTO messages (payload, payload_from, payload_to, source, account, via, received_at, at, type, peer, name,
       recipient, recipient_name, content, flags, state, settle_by, unresolved, digest)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    payload?.id ?? null,
    payload?.from ?? 0,
    payload?.to ?? 0,
    message.source,
    message.account,
    message.via,
    message.receivedAt,
    parsed.at ?? message.receivedAt,
    parsed.type,
    parsed.from === null ? null : addressKey(parsed.from.address),
    parsed.from?.name ?? '',
    message.to === undefined ? null : addressKey(message.to.address),
    message.to?.name ?? '',
    parsed.content,
    JSON.stringify(parsed.flags),
    message.state,
    message.settleBy,
    message.unresolved ? 1 : 0,
    message.to === undefined ? messageDigest(parsed) : null,
  )
}

/**
 * Messages behind `afterSeq` that may be shown, in order. Stops at the first one whose sender is still being looked up:
 * everything behind it waits, so that the order of the files is the order of arrival.
 *
 * @param limit fewer come when they are large
 */
export function dueMessages(database: Database, afterSeq: number, limit: number): StoredMessage[] {
  const blocking = database.get("SELECT min(seq) AS seq FROM messages WHERE state <> 'final' AND seq > ?", afterSeq)
  const before = blocking?.['seq'] ?? Number.MAX_SAFE_INTEGER
  const due: StoredMessage[] = []
  let last = afterSeq
  let room = MOST_BYTES
  while (due.length < limit && room > 0) {
    const few = Math.min(READ_AT_ONCE, limit - due.length)
    const rows = database.lists(`${SELECT} WHERE m.seq > ? AND m.seq < ? ORDER BY m.seq LIMIT ?`, last, before, few)
    for (const row of rows) {
      const message = toStored(row)
      due.push(message)
      last = message.seq
      room -= weightOf(message)
    }
    if (rows.length < few) break
  }
  return due
}

/** Messages of a megabyte each must not be taken into memory by the thousand. */
const MOST_BYTES = 4 * 1024 * 1024
const READ_AT_ONCE = 50

/** About how much memory it takes, in bytes. */
export function weightOf({ content, payload }: Pick<StoredMessage, 'content' | 'payload'>): number {
  return 500 + 2 * content.length + (payload?.length ?? 0)
}

/** A message that was inserted as final, as `dueMessages` will give it. */
export function shownAs(
  { via, receivedAt, parsed, to, payload }: NewMessage,
  { seq, body, repeatsEarlier }: { seq: number; body: Uint8Array; repeatsEarlier: boolean },
): StoredMessage {
  return {
    seq,
    via,
    receivedAt,
    at: parsed.at ?? receivedAt,
    type: parsed.type,
    from: asStored(parsed.from),
    to: asStored(to ?? null),
    // Like the database, which holds UTF-8.
    content: parsed.content.toWellFormed(),
    flags: parsed.flags,
    payload: payload === null ? null : body.subarray(payload.from, payload.to),
    mergedInto: null,
    repeatsEarlier,
  }
}

function asStored(party: Party | null): Party | null {
  return party === null ? null : toParty(addressKey(party.address), party.name.toWellFormed())
}

const SELECT = `
  SELECT m.seq, m.via, m.received_at, m.at, m.type, m.peer, m.name, m.recipient, m.recipient_name, m.content,
    m.flags, m.merged_into,
    ${REPEATS} AS repeats,
    CASE WHEN m.payload IS NULL THEN NULL
         ELSE (SELECT substr(p.body, m.payload_from + 1, m.payload_to - m.payload_from) FROM payloads p
               WHERE p.id = m.payload) END AS payload
  FROM messages m`

const NO_FLAGS: Flags = {}

/** The columns of SELECT, in its order. */
function toStored(row: readonly SQLOutputValue[]): StoredMessage {
  const [
    seq,
    via,
    receivedAt,
    at,
    type,
    peer,
    name,
    recipient,
    recipientName,
    content,
    flags,
    mergedInto,
    repeats,
    payload,
  ] = row
  return {
    seq: Number(seq),
    via: String(via) as Via,
    receivedAt: String(receivedAt),
    at: String(at),
    type: String(type) as MessageType,
    from: toParty(peer, name),
    to: toParty(recipient, recipientName),
    content: String(content),
    flags: flags === '{}' ? NO_FLAGS : (JSON.parse(String(flags)) as Flags),
    payload: payload instanceof Uint8Array ? payload : null,
    mergedInto: mergedInto === null ? null : Number(mergedInto),
    repeatsEarlier: repeats === 1,
  }
}

function toParty(key: unknown, name: unknown): Party | null {
  const address = typeof key === 'string' ? parseAddress(key) : null
  return address === null ? null : { address, name: String(name) }
}

export function latestSeq(database: Database): number {
  return Number(database.get('SELECT max(seq) AS seq FROM messages')?.['seq'] ?? 0)
}

/** The highest number that was given to a message, or kept from being given again. */
export function lastGivenSeq(database: Database): number {
  return Number(database.get("SELECT seq FROM sqlite_sequence WHERE name = 'messages'")?.['seq'] ?? 0)
}

/** The next message gets a number above this one: numbers that older files name are not given again. */
export function reserveSeq(database: Database, seq: number): void {
  const { changed } = database.get('SELECT count(*) AS changed FROM sqlite_sequence WHERE name = ?', 'messages') ?? {}
  if (changed === 0) database.run('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)', 'messages', seq)
  else database.run('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?', seq, 'messages')
}
