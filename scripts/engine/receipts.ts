import type { IncomingMessage, IncomingPayload, Ingested } from '../core/adapter.ts'
import { setAside } from '../store/aside.ts'
import { createContactChanges } from '../store/contacts.ts'
import { findTwin, mergeTwins, repeatsSince } from '../store/copies.ts'
import { count, countReceived } from '../store/counters.ts'
import type { Database } from '../store/database.ts'
import { knownSeq, rememberAlso, rememberId } from '../store/known-ids.ts'
import { writeMemo } from '../store/memos.ts'
import {
  insertMessage,
  insertPayload,
  latestSeq,
  type NewMessage,
  type StoredMessage,
  shownAs,
} from '../store/messages.ts'

/** What of a turn's time its messages have to know. */
export interface ReceiptContext {
  /** ISO time, UTC */
  readonly receivedAt: string
  /** By the clock of this process, which the wall clock does not move. */
  readonly uptimeMs: number
  /** What is known of how we stand to somebody is no longer true. */
  readonly onRelationships: () => void
}

/** A sender is looked up for so long before the message is shown as unverified (design §3). */
export const RESOLVE_MS = 10_000
/** The two copies of RC 709 are pushed, or read, right behind each other. */
const TWIN_MS = 1000
/** How far back a twin is looked for. */
const TWIN_WINDOW = 200

/** Stores everything of one turn: thousands of messages when a stream is flooded, with what they say about people summed up. */
export function storeReceipts(database: Database, receipts: readonly Receipt[], context: ReceiptContext): Stored {
  const people = createContactChanges(database)
  const inserted: Inserted[] = []
  const ingested = receipts.map(receipt => storePayload(database, receipt, { ...context, people, inserted }))
  people.write()
  if (people.changedRelationships) context.onRelationships()
  countReceived(database, context.receivedAt, inserted.length)
  // Of people who may not write: recorded, and nothing that the agent has to read.
  for (const { seq, row } of inserted) if (row.parsed.flags['state'] === 'refused') setAside(database, seq)
  return { fresh: asShown(database, inserted), ingested }
}

export interface Stored {
  /** The messages as they are to be shown; none if one of them, or the order, is out of the ordinary. */
  readonly fresh: readonly StoredMessage[]
  /** By receipt. */
  readonly ingested: readonly Ingested[]
}

function storePayload(
  database: Database,
  { account, payload }: Receipt,
  context: ReceiptContext & { people: ReturnType<typeof createContactChanges>; inserted: Inserted[] },
): Ingested {
  // Nothing is kept of a payload that brings nothing new.
  let body: number | null = null
  const ingested = payload.messages.map(message => {
    const { id, aliases = [], references = [] } = message
    const known = firstKnown(database, account, id === undefined ? aliases : [id, ...aliases])
    if (known !== null) {
      count(database, 'duplicates')
      return { seq: known, duplicate: true }
    }
    body ??= insertPayload(database, payload.body)
    const stored = storeMessage(database, { account, payload, id: body, message }, context)
    context.inserted.push(stored)
    if (message.contact !== undefined) context.people.add(account.account, message.contact)
    const { seq } = stored
    const { receivedAt: at } = context
    if (id !== undefined) rememberId(database, { ...account, id, seq, at })
    rememberAlso(database, { ...account, ids: [...aliases, ...references], seq, at })
    return { seq, duplicate: false }
  })
  for (const [key, value] of Object.entries(payload.memos ?? {})) writeMemo(database, { ...account, key, value })
  return ingested
}

function firstKnown(database: Database, account: Account, ids: readonly string[]): number | null {
  for (const id of ids) {
    const seq = knownSeq(database, { ...account, id })
    if (seq !== null) return seq
  }
  return null
}

function storeMessage(
  database: Database,
  { account, payload, id, message }: Receipt & { id: number; message: IncomingMessage },
  { receivedAt, uptimeMs }: ReceiptContext,
): Inserted {
  const twin = message.mayHaveTwin === true ? findEarlierTwin(database, account, message) : null
  const state =
    message.unresolved === true ? 'resolving' : message.mayHaveTwin === true && twin === null ? 'held' : 'final'
  const row: NewMessage = {
    ...account,
    via: payload.via,
    receivedAt,
    parsed: message.parsed,
    payload: { id, from: message.span?.from ?? 0, to: message.span?.to ?? payload.body.length },
    state,
    settleBy: state === 'final' ? 0 : uptimeMs + (state === 'resolving' ? RESOLVE_MS : TWIN_MS),
    unresolved: message.unresolved === true,
  }
  const seq = insertMessage(database, row)
  if (twin !== null) mergeTwins(database, seq, twin)
  return { seq, row, body: payload.body, isPlain: state === 'final' && twin === null }
}

interface Inserted {
  readonly seq: number
  readonly row: NewMessage
  /** The whole payload. */
  readonly body: Uint8Array
  /** It waits for nothing, and is nobody's twin. */
  readonly isPlain: boolean
}

/** The messages as the store would give them back; none if one of them, or the order, is out of the ordinary. */
function asShown(database: Database, inserted: readonly Inserted[]): readonly StoredMessage[] {
  const first = inserted[0]
  if (first === undefined || inserted.some(({ seq, isPlain }, i) => !isPlain || seq !== first.seq + i)) return []
  const repeats = repeatsSince(database, first.seq)
  return inserted.map(({ seq, row, body }) => shownAs(row, { seq, body, repeatsEarlier: repeats.has(seq) }))
}

export interface Account {
  readonly source: string
  readonly account: string
}

export interface Receipt {
  readonly account: Account
  readonly payload: IncomingPayload
}

export function findEarlierTwin(database: Database, account: Account, message: IncomingMessage) {
  return findTwin(database, {
    account: account.account,
    parsed: message.parsed,
    sinceSeq: latestSeq(database) - TWIN_WINDOW,
  })
}
