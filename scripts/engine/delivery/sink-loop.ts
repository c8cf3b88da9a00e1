import { retryDelayMs } from '../../core/backoff.ts'
import { createBell, sleepOrBell } from '../../core/bell.ts'
import { type Clock, utcSeconds } from '../../core/clock.ts'
import { errorCode, errorPlace } from '../../core/errors.ts'
import type { FetchLike } from '../../core/fetch.ts'
import type { Logger } from '../../core/logger.ts'
import type { PushOutcome, Sink } from '../../core/sink.ts'
import type { Database } from '../../store/database.ts'
import {
  bodyOf,
  boundRetries,
  type Delivery,
  nextDeliveries,
  nextRetryAt,
  noteFailure,
  settleDead,
  settleDelivered,
  settleRetry,
} from '../../store/deliveries.ts'
import { logRequest, type RequestRecord } from '../../store/request-log.ts'
import { pauseSink, sinkState } from '../../store/sinks.ts'
import type { Writer } from '../../store/writer.ts'

/**
 * Empties the queue of one sink (design §2.3): one request at a time, in order per peer, each tried until its schedule is
 * over. A peer whose turn is put off does not hold up the others; a receiver that is unwell is left alone for a while.
 */
export interface SinkLoop {
  /** Something was queued, or the queue was changed. */
  kick(): void
  /** The owner changed something about this sink: nothing waits any longer. */
  changed(sink: Sink): void
  /** Resolves when nothing is left that could go out now. */
  drained(): Promise<void>
  /** The request in flight is given a while to end. */
  stop(): Promise<void>
}

export interface SinkLoopOptions {
  readonly sink: Sink
  readonly writer: Writer
  readonly clock: Clock
  readonly fetch: FetchLike
  readonly log: Logger
  /** It works, fails, waits or pauses from now on: once a change. */
  readonly onState: (state: SinkHealth) => void
  /** In the transaction that gives a delivery up. */
  readonly onDead: (database: Database, delivery: Delivery, reason: string) => void
}

export interface SinkHealth {
  readonly state: 'working' | 'failing' | 'held' | 'paused'
  readonly reason: string | null
  /** ms since the epoch; null: nothing is planned */
  readonly nextTryAt: number | null
}

/** So many are looked at together. */
const AT_ONCE = 50
/** A receiver that fails is asked about somebody else's message after this long at the most. */
const LONGEST_REST_MS = 30_000
/** No wait that anybody may ask for is longer (OI §5.5: Retry-After up to an hour). */
const LONGEST_WAIT_MS = 3_600_000
/** What was delivered is noted together: a commit each would take longer than most requests. */
const NOTE_MS = 20
const MOST_UNNOTED = 50
/** At a stop the request in flight is heard out for so long. */
const LAST_PUSH_MS = 5000
const FAULT_MS = 5000

export function createSinkLoop(options: SinkLoopOptions): SinkLoop {
  const { writer, clock, log } = options
  const bell = createBell()
  const idle = createBell()
  const stopping = new AbortController()
  const ending = new AbortController()
  const unnoted = new Map<number, Note>()
  let sink = options.sink
  let health: SinkHealth = { state: 'working', reason: null, nextTryAt: null }
  /** By the monotonic clock: nothing is asked of this receiver before. */
  let restUntil = 0
  /** Something was queued since the queue was last looked at. */
  let fresh = false
  /** Since this receiver last took anything, or said no to it. */
  let failures = 0
  let cancelNote: (() => void) | undefined
  let noting: Promise<void> = Promise.resolve()

  function tell(next: SinkHealth): void {
    const same = next.state === health.state && next.reason === health.reason
    health = next
    if (!same || next.nextTryAt !== null) options.onState(next)
  }

  async function run(): Promise<void> {
    await writer.write(database => boundRetries(database, clock.now() + LONGEST_WAIT_MS))
    while (!stopping.signal.aborted) {
      try {
        await rest()
        fresh = false
        const due = nextDue()
        if (due.length === 0) await waitForMore()
        for (const delivery of due) if (!(await attempt(delivery))) break
      } catch (error) {
        if (stopping.signal.aborted) return
        writer.suspect(error)
        log.error('a queue can not be worked on now', {
          sink: sink.name,
          error: errorCode(error),
          at: errorPlace(error),
        })
        await clock.sleep(FAULT_MS, stopping.signal)
      }
    }
  }

  /** New messages do not end the rest of a receiver that is unwell; a change of its settings does. */
  async function rest(): Promise<void> {
    while (restUntil > clock.monotonic()) {
      idle.ring()
      await sleepOrBell(bell, restUntil - clock.monotonic(), { clock, signal: stopping.signal })
    }
  }

  function nextDue(): Delivery[] {
    const { database } = writer
    const paused = sinkState(database, sink.name)?.paused ?? null
    if (paused !== null) {
      tell({ state: 'paused', reason: paused, nextTryAt: null })
      return []
    }
    if (health.state === 'paused') tell({ state: 'working', reason: null, nextTryAt: null })
    const limit = AT_ONCE + unnoted.size
    return nextDeliveries(database, sink.name, { now: clock.now(), limit }).filter(({ id }) => !unnoted.has(id))
  }

  async function waitForMore(): Promise<void> {
    if (unnoted.size > 0) await note()
    if (fresh) return
    const at = health.state === 'paused' ? null : nextRetryAt(writer.database, sink.name)
    const ms = at === null ? LONGEST_WAIT_MS : Math.max(0, Math.min(LONGEST_WAIT_MS, at - clock.now()))
    idle.ring()
    await sleepOrBell(bell, ms, { clock, signal: stopping.signal })
  }

  /** @returns whether the next one may follow at once */
  async function attempt(delivery: Delivery): Promise<boolean> {
    const body = bodyOf(writer.database, delivery.id)
    if (body === null || stopping.signal.aborted) return false
    const startedAt = clock.monotonic()
    const triedAt = clock.now()
    const using = sink
    const outcome = await using
      .push(
        { id: delivery.eventId, event: delivery.event, attempt: delivery.attempts + 1, body },
        { signal: ending.signal, clock, fetch: options.fetch, log },
      )
      .catch((error: unknown): PushOutcome => {
        log.error('a push failed', { sink: using.name, error: errorCode(error), at: errorPlace(error) })
        return { kind: 'retry', reason: 'fault', httpStatus: null, retryAfterMs: null }
      })
    // Whoever stops has cut it: it is tried anew by the next run, under the same id.
    if (ending.signal.aborted && outcome.kind === 'retry') return false
    const record: RequestRecord = {
      name: using.name,
      direction: 'out',
      at: utcSeconds(triedAt),
      eventId: delivery.eventId,
      event: delivery.event,
      attempt: delivery.attempts + 1,
      httpStatus: outcome.httpStatus,
      ok: outcome.kind === 'delivered',
      durationMs: Math.round(clock.monotonic() - startedAt),
      error: outcome.kind === 'delivered' ? null : outcome.reason,
      bytes: body.length,
      test: false,
    }
    log.debug('pushed', {
      sink: using.name,
      eventId: delivery.eventId,
      direction: 'out',
      status: outcome.kind,
      httpStatus: record.httpStatus,
      attempt: record.attempt,
      durationMs: record.durationMs,
    })
    return conclude(delivery, { outcome, record, triedAt })
  }

  async function conclude(delivery: Delivery, { outcome, record, triedAt }: Tried): Promise<boolean> {
    switch (outcome.kind) {
      case 'delivered':
        failures = 0
        tell({ state: 'working', reason: null, nextTryAt: null })
        unnoted.set(delivery.id, { delivery, record })
        if (unnoted.size >= MOST_UNNOTED) await note()
        else cancelNote ??= clock.after(NOTE_MS, () => void note())
        return true
      case 'retry':
        return again(delivery, { outcome, record, triedAt })
      case 'hold':
        await writer.write(database => {
          noteFailure(database, delivery.sink, { at: record.at, reason: outcome.reason })
          logRequest(database, record)
        })
        restFor(outcome.everyMs ?? Number.POSITIVE_INFINITY)
        tell({
          state: 'held',
          reason: outcome.reason,
          nextTryAt: outcome.everyMs === null ? null : clock.now() + outcome.everyMs,
        })
        return false
      case 'dead':
        failures = 0
        await giveUp(delivery, { reason: outcome.reason, record, pause: outcome.pause === true })
        return false
    }
  }

  async function again(
    delivery: Delivery,
    { outcome, record, triedAt }: Tried & { outcome: Extract<PushOutcome, { kind: 'retry' }> },
  ): Promise<boolean> {
    const attempts = delivery.attempts + 1
    failures++
    const first = delivery.triedAt ?? triedAt
    const delay = retryDelayMs(sink.schedule, {
      attempts,
      sinceMs: Math.max(0, clock.now() - first),
      random: clock.random,
    })
    if (delay === null) {
      await giveUp(delivery, { reason: outcome.reason, record, pause: false })
      return false
    }
    const asked = outcome.retryAfterMs === null ? null : Math.min(outcome.retryAfterMs, LONGEST_WAIT_MS)
    const wait = asked ?? delay
    const nextAt = Math.ceil(clock.now() + wait)
    await writer.write(database => {
      settleRetry(database, delivery, {
        at: record.at,
        reason: outcome.reason,
        attempts,
        triedAt: first,
        nextAt,
      })
      logRequest(database, record)
    })
    restFor(asked ?? restAfter(attempts, wait))
    tell({ state: 'failing', reason: outcome.reason, nextTryAt: nextAt })
    return false
  }

  async function giveUp(
    delivery: Delivery,
    { reason, record, pause }: { reason: string; record: RequestRecord; pause: boolean },
  ): Promise<void> {
    await writer.write(database => {
      if (settleDead(database, delivery, { at: record.at, reason })) options.onDead(database, delivery, reason)
      if (pause) pauseSink(database, delivery.sink, reason)
      logRequest(database, record)
    })
    log.warn('a delivery was given up; it is kept and can be sent again', {
      sink: delivery.sink,
      eventId: delivery.eventId,
      reason,
    })
    tell({ state: pause ? 'paused' : 'failing', reason, nextTryAt: null })
  }

  /** One that fails for everybody gets no quick tries for each peer anew. */
  function restAfter(attempts: number, wait: number): number {
    const ofReceiver = failures > attempts ? sink.schedule.firstMs * 2 ** Math.min(failures - 1, 20) : wait
    return Math.min(ofReceiver, LONGEST_REST_MS)
  }

  function restFor(ms: number): void {
    restUntil = clock.monotonic() + Math.min(ms, Number.MAX_SAFE_INTEGER)
  }

  /** Writes down what was delivered. Until it has, a crash means that it goes out again, under the same id. */
  function note(): Promise<void> {
    cancelNote?.()
    cancelNote = undefined
    const notes = [...unnoted.values()]
    noting = noting
      .then(async () => {
        await writer.write(database => {
          for (const { delivery, record } of notes) {
            settleDelivered(database, delivery, record.at)
            logRequest(database, record)
          }
        })
        for (const { delivery } of notes) unnoted.delete(delivery.id)
      })
      .catch(error => log.error('a delivery was not noted', { sink: sink.name, error: errorCode(error) }))
    return noting
  }

  const running = run()
  running.catch(() => undefined)
  return {
    kick() {
      fresh = true
      bell.ring()
    },
    changed(next) {
      sink = next
      restUntil = 0
      fresh = true
      bell.ring()
    },
    async drained() {
      // A pass through the loop shows whether there is anything to do.
      const quiet = new Promise<void>(resolve => void idle.onNextRing(resolve))
      bell.ring()
      await quiet
    },
    async stop() {
      stopping.abort(new DOMException('The daemon stops', 'AbortError'))
      const done = new AbortController()
      const patience = clock.sleep(LAST_PUSH_MS, done.signal).then(
        () => ending.abort(new DOMException('The daemon stops', 'AbortError')),
        () => undefined,
      )
      await running.catch(() => undefined)
      done.abort()
      await patience
      await note()
    },
  }
}

interface Note {
  readonly delivery: Delivery
  readonly record: RequestRecord
}

interface Tried {
  readonly outcome: PushOutcome
  readonly record: RequestRecord
  /** ms since the epoch */
  readonly triedAt: number
}
