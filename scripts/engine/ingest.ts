import type { AdapterContext, Ingested } from '../core/adapter.ts'
import { addressKey } from '../core/address.ts'
import { type Clock, utcSeconds } from '../core/clock.ts'
import { applyContactChange, listContacts } from '../store/contacts.ts'
import { mergeTwins } from '../store/copies.ts'
import { count } from '../store/counters.ts'
import { type Database, sqliteReason } from '../store/database.ts'
import { messageOf } from '../store/known-ids.ts'
import { readMemo, writeMemo } from '../store/memos.ts'
import type { StoredMessage } from '../store/messages.ts'
import { writeStatus } from '../store/status.ts'
import {
  nextDeadline,
  resolveMessage,
  restartDeadlines,
  settleOverdue,
  showHeld,
  unresolvedMessages,
} from '../store/unsettled.ts'
import type { Writer } from '../store/writer.ts'
import {
  type Account,
  findEarlierTwin,
  RESOLVE_MS,
  type Receipt,
  type ReceiptContext,
  type Stored,
  storeReceipts,
} from './receipts.ts'
import { createRelationships } from './relationships.ts'

/**
 * The one way into the store (design §6): payload, messages and contacts of one receipt are one commit, and whoever
 * asked for it hears of it only then.
 */
export interface Ingest {
  /** What an adapter may do with the store, for one account of its own. */
  for(source: string, account: string): StoreContext
  /** After a start: senders that were being looked up get their time anew. */
  resume(): Promise<void>
  /** Somebody else has written how we stand to people. */
  relationshipsChanged(): void
  /** No twin will come any more: what waits for one is shown as it is. */
  stop(): Promise<void>
}

export type StoreContext = Pick<
  AdapterContext,
  'ingest' | 'room' | 'unresolved' | 'resolve' | 'copyDropped' | 'lookUp' | 'memo' | 'contacts' | 'identified'
>

export interface IngestOptions {
  readonly writer: Writer
  readonly clock: Clock
  /**
   * Something was committed that files or sinks may show.
   *
   * @param fresh new messages that are to be shown as they are, without a gap; none when it is not that simple
   */
  readonly onCommit: (fresh: readonly StoredMessage[]) => void
  /** Pending while the files have to catch up with what was committed. */
  readonly room?: () => Promise<void> | undefined
  /** Something that was asked for in the middle of an event could not be read. */
  readonly onUnreadable?: (reason: string) => void
}

/** A deadline that could not be read is looked for again after this long. */
const REREAD_MS = 1000

export function createIngest({
  writer,
  clock,
  onCommit,
  room = () => undefined,
  onUnreadable = () => undefined,
}: IngestOptions): Ingest {
  let cancelDeadline: (() => void) | undefined
  let stopped = false
  const relationships = createRelationships(writer)
  /** What the next commit will bring. */
  let turn: { readonly receipts: Receipt[]; readonly stored: Promise<readonly Ingested[]> } | null = null

  async function commit<T>(job: (database: Database) => T): Promise<T> {
    const result = await writer.write(job)
    committed([])
    return result
  }

  function committed(fresh: readonly StoredMessage[]): void {
    onCommit(fresh)
    scheduleDeadline()
  }

  /** Whatever still waits when its time is over is shown as it is. */
  function scheduleDeadline(): void {
    cancelDeadline?.()
    cancelDeadline = undefined
    if (stopped) return
    // What was committed is committed, whether it can be read now or not.
    const at = readable(() => nextDeadline(writer.database), uptimeMs() + REREAD_MS)
    if (at === null) return
    cancelDeadline = clock.after(Math.max(0, at - uptimeMs()), () => {
      commit(database => settleOverdue(database, uptimeMs())).catch(() => undefined)
    })
  }

  /** For whoever stands in the middle of an event and must not fail there: what can not be read is not known. */
  function readable<T>(read: () => T, otherwise: T): T {
    try {
      return read()
    } catch (error) {
      writer.suspect(error)
      onUnreadable(sqliteReason(error))
      return otherwise
    }
  }

  /** Deadlines do not follow the wall clock: one that is set back would hold every file back with it. */
  function uptimeMs(): number {
    return Math.ceil(clock.monotonic())
  }

  function context(): ReceiptContext {
    return { receivedAt: utcSeconds(clock.now()), uptimeMs: uptimeMs(), onRelationships: relationships.forget }
  }

  /** What comes in one turn of the event loop is one job. */
  function receive(receipt: Receipt): Promise<Ingested> {
    if (turn === null) {
      const receipts: Receipt[] = []
      const stored = writer.write(database => {
        turn = null
        return storeReceipts(database, receipts, context())
      })
      turn = { receipts, stored: stored.then(announce) }
    }
    const { receipts, stored } = turn
    const place = receipts.push(receipt) - 1
    // One that can not be stored must not take the others of its turn with it.
    const apart = (error: unknown) => {
      if (receipts.length === 1) throw error
      return writer.write(database => storeReceipts(database, [receipt], context())).then(announce)
    }
    return stored.then(
      all => all[place] ?? [],
      error => apart(error).then(([own = []]) => own),
    )
  }

  function announce({ fresh, ingested }: Stored): readonly Ingested[] {
    committed(fresh)
    return ingested
  }

  function forAccount(source: string, accountKey: string): StoreContext {
    const account: Account = { source, account: accountKey }
    return {
      ingest: payload => receive({ account, payload }),
      room,
      unresolved: () => unresolvedMessages(writer.database, source, accountKey),
      resolve: (seq, found) =>
        commit(database => {
          const receivedAt = utcSeconds(clock.now())
          const twin = found === null ? null : findEarlierTwin(database, account, found)
          const before = resolveMessage(database, { seq, parsed: found?.parsed ?? null, receivedAt })
          if (before === null) return
          if (twin !== null && before === 'resolving') mergeTwins(database, seq, twin)
          if (found?.contact !== undefined) applyContactChange(database, accountKey, found.contact)
          relationships.forget()
        }),
      copyDropped() {
        commit(database => count(database, 'transport_copies')).catch(() => undefined)
      },
      lookUp: ids => readable(() => messageOf(writer.database, { ...account, ids }), null),
      memo: {
        get: key => readable(() => readMemo(writer.database, { ...account, key }), undefined),
        set: (key, value) => commit(database => writeMemo(database, { ...account, key, value })),
      },
      contacts: {
        list: () => listContacts(writer.database, accountKey),
        relationshipWith: address => readable(() => relationships.of(accountKey, addressKey(address)), null),
        update: changes =>
          commit(database => {
            for (const change of changes) applyContactChange(database, accountKey, change)
            relationships.forget()
          }),
      },
      identified: profile => commit(database => writeStatus(database, 'profile', profile, utcSeconds(clock.now()))),
    }
  }

  return {
    for: forAccount,
    relationshipsChanged: relationships.forget,
    resume: () => commit(database => restartDeadlines(database, uptimeMs() + RESOLVE_MS)),
    stop() {
      stopped = true
      cancelDeadline?.()
      return commit(showHeld)
    },
  }
}
