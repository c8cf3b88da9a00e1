import type { Clock } from '../../core/clock.ts'
import type { Database } from '../../store/database.ts'
import { type Delivery, lastQueued, nextDeliveries } from '../../store/deliveries.ts'
import { nextRetryAt } from '../../store/retries.ts'
import type { Writer } from '../../store/writer.ts'
import type { DeliveredNotes } from './delivered-notes.ts'

/**
 * What of a queue can go out now. Each message that comes makes somebody look, and a hundred thousand may wait for a
 * receiver that is down: those for which it was too early are not looked at again before their time.
 */
export interface DueDeliveries {
  /** Oldest first, none of what is only to be written down yet. */
  next(): Delivery[]
  /** For how long there is nothing, if nothing comes; null: nothing has a time. */
  waitMs(): number | null
  /** The queue was changed: what is in it may be due after all. */
  forget(): void
}

/** So many are looked at together. */
const AT_ONCE = 50

/** Everything up to one delivery waits, at the least until then. */
interface TooEarly {
  readonly upTo: number
  /** ms since the epoch */
  readonly until: number
  /** Another database may have other deliveries under these numbers. */
  readonly database: Database
}

export function createDueDeliveries(
  sink: string,
  { writer, clock, notes }: { writer: Writer; clock: Clock; notes: DeliveredNotes },
): DueDeliveries {
  let early: TooEarly | null = null

  return {
    next() {
      const { database } = writer
      const now = clock.now()
      if (early !== null && (early.database !== database || early.until <= now)) early = null
      const limit = AT_ONCE + notes.size
      const found = nextDeliveries(database, sink, { now, limit, after: early?.upTo ?? 0 })
      const due = found.filter(({ id }) => !notes.has(id))
      if (due.length > 0) return due
      const until = nextRetryAt(database, sink, now) ?? Number.POSITIVE_INFINITY
      early = { upTo: lastQueued(database, sink), until, database }
      return due
    },
    waitMs: () => (early === null || early.until === Number.POSITIVE_INFINITY ? null : early.until - clock.now()),
    forget() {
      early = null
    },
  }
}
