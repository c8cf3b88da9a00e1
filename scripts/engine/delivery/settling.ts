import { retryDelayMs } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { PushOutcome, RetrySchedule } from '../../core/sink.ts'
import type { Database } from '../../store/database.ts'
import { type Delivery, noteFailure, settleDead, settleRetry } from '../../store/deliveries.ts'
import { logRequest } from '../../store/request-log.ts'
import { keepYoung } from '../../store/retries.ts'
import { pauseSink } from '../../store/sinks.ts'
import type { Writer } from '../../store/writer.ts'
import type { Attempt } from './attempt.ts'
import type { DeliveredNotes } from './delivered-notes.ts'
import type { ReceiverRest } from './receiver-rest.ts'
import type { SinkReport } from './sink-report.ts'

/** No wait that anybody may ask for is longer (OI §5.5: Retry-After up to an hour). */
export const LONGEST_WAIT_MS = 3_600_000

/**
 * What becomes of a delivery after a try: outcome and row of the log are one commit.
 *
 * @returns whether the next one may follow at once
 */
export type Settle = (delivery: Delivery, attempt: Attempt, schedule: RetrySchedule) => Promise<boolean>

export interface SettlingOptions {
  readonly writer: Writer
  readonly clock: Clock
  readonly log: Logger
  readonly notes: DeliveredNotes
  readonly rest: ReceiverRest
  readonly report: SinkReport
  /** In the transaction that gives a delivery up. */
  readonly onDead: (database: Database, delivery: Delivery, reason: string) => void
}

type Tried<Kind extends PushOutcome['kind']> = Attempt & { readonly outcome: Extract<PushOutcome, { kind: Kind }> }

export function createSettling(name: string, options: SettlingOptions): Settle {
  const { writer, clock, log, notes, rest, report } = options

  async function settle(
    delivery: Delivery,
    { outcome, record, triedAt }: Attempt,
    schedule: RetrySchedule,
  ): Promise<boolean> {
    switch (outcome.kind) {
      case 'delivered':
        rest.wentWell()
        // Before anything else can go wrong: it must not be sent again.
        await notes.add(delivery, record)
        report.tell({ state: 'working', reason: null, nextTryAt: null })
        return true
      case 'retry':
        return again(delivery, { outcome, record, triedAt }, schedule)
      case 'hold':
        // Before anybody is waited for: a change of the settings that comes meanwhile ends it.
        rest.hold(outcome.everyMs)
        await writer.write(database => {
          noteFailure(database, name, { at: record.at, reason: outcome.reason })
          keepYoung(database, name)
          logRequest(database, record)
        })
        report.tell({
          state: 'held',
          reason: outcome.reason,
          nextTryAt: outcome.everyMs === null ? null : clock.now() + outcome.everyMs,
        })
        return false
      case 'dead':
        rest.wentWell()
        await giveUp(delivery, { outcome, record, triedAt }, outcome.pause === true ? 'paused' : 'refused')
        return false
    }
  }

  async function again(
    delivery: Delivery,
    { outcome, record, triedAt }: Tried<'retry'>,
    schedule: RetrySchedule,
  ): Promise<boolean> {
    const attempts = delivery.attempts + 1
    const first = delivery.triedAt ?? triedAt
    const sinceMs = Math.max(0, clock.now() - first)
    const delay = retryDelayMs(schedule, { attempts, sinceMs, random: clock.random })
    // No seconds, or a time that is over: nothing was asked for.
    const asked = outcome.retryAfterMs === null || outcome.retryAfterMs <= 0 ? null : outcome.retryAfterMs
    const wait = asked === null ? delay : Math.min(asked, LONGEST_WAIT_MS)
    if (delay === null || wait === null) {
      rest.failed(schedule, { attempts, waitMs: null })
      await giveUp(delivery, { outcome, record, triedAt }, 'failing')
      return false
    }
    if (asked === null) rest.failed(schedule, { attempts, waitMs: wait })
    else rest.asked(wait)
    const nextAt = Math.ceil(clock.now() + wait)
    await writer.write(database => {
      settleRetry(database, delivery, { at: record.at, reason: outcome.reason, attempts, triedAt: first, nextAt })
      logRequest(database, record)
    })
    report.tell({ state: 'failing', reason: outcome.reason, nextTryAt: nextAt })
    return false
  }

  async function giveUp(
    delivery: Delivery,
    { outcome: { reason }, record }: Tried<'retry' | 'dead'>,
    state: 'failing' | 'refused' | 'paused',
  ): Promise<void> {
    await writer.write(database => {
      if (settleDead(database, delivery, { at: record.at, reason })) options.onDead(database, delivery, reason)
      if (state === 'paused') pauseSink(database, name, reason)
      logRequest(database, record)
    })
    const { eventId } = delivery
    log.warn('a delivery was given up; it is kept and can be sent again', { sink: name, eventId, reason })
    report.tell({ state, reason, nextTryAt: null })
  }

  return settle
}
