import { createBell, sleepOrBell } from '../../core/bell.ts'
import type { Clock } from '../../core/clock.ts'
import { errorCode, errorPlace } from '../../core/errors.ts'
import type { FetchLike } from '../../core/fetch.ts'
import type { Logger } from '../../core/logger.ts'
import type { Sink } from '../../core/sink.ts'
import type { Database } from '../../store/database.ts'
import { bodyOf, type Delivery } from '../../store/deliveries.ts'
import { logRequest } from '../../store/request-log.ts'
import { boundRetries, hurryRetries } from '../../store/retries.ts'
import { sinkState } from '../../store/sinks.ts'
import type { Writer } from '../../store/writer.ts'
import { attemptPush } from './attempt.ts'
import { createDeliveredNotes } from './delivered-notes.ts'
import { createDueDeliveries } from './due.ts'
import { createReceiverRest } from './receiver-rest.ts'
import { createSettling, LONGEST_WAIT_MS } from './settling.ts'
import { createSinkReport, type SinkHealth } from './sink-report.ts'
import { createWallClock } from './wall-clock.ts'

/**
 * Empties the queue of one sink (design §2.3): one request at a time, in order per peer, each tried until its schedule is
 * over. A peer whose turn is put off does not hold up the others; a receiver that is unwell is left alone for a while.
 */
export interface SinkLoop {
  /** Something was queued. */
  kick(): void
  /** Somebody changed what is in the queue, or whether it goes out. */
  lookAgain(): void
  /** The owner changed something about this sink: nothing waits any longer. */
  changed(sink: Sink): void
  /** The owner changed something, if not here: a receiver that was not there, or did not know us, is asked again. */
  endHold(): void
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
  /** The end of an earlier loop of this sink: two would send the same. */
  readonly after?: Promise<void> | undefined
}

/**
 * At a stop the request in flight is heard out for so long, behind the farewell of all sinks: a daemon stops within five
 * seconds (design §3).
 */
const LAST_PUSH_MS = 2000
const FAULT_MS = 5000

export function createSinkLoop(options: SinkLoopOptions): SinkLoop {
  const { writer, clock, log } = options
  const { name } = options.sink
  const bell = createBell()
  const idle = createBell()
  const stopping = new AbortController()
  const ending = new AbortController()
  const notes = createDeliveredNotes(options)
  const due = createDueDeliveries(name, { writer, clock, notes })
  const rest = createReceiverRest(clock)
  const report = createSinkReport(options)
  const wallClock = createWallClock(name, { writer, clock })
  const settle = createSettling(name, { ...options, notes, rest, report })
  let sink = options.sink
  /** Something was queued since the queue was last looked at. */
  let fresh = false
  /** Nothing that waits for its time is to wait any longer. */
  let hurried = false

  async function run(): Promise<void> {
    await options.after
    await writer.write(database => boundRetries(database, name, { now: clock.now(), longestMs: LONGEST_WAIT_MS }))
    while (!stopping.signal.aborted) {
      try {
        await leaveAlone()
        if (await wallClock.follow()) due.forget()
        await hurry()
        fresh = false
        const next = nextDue()
        if (next.length === 0) await waitForMore()
        for (const delivery of next) if (!(await attempt(delivery))) break
      } catch (error) {
        if (stopping.signal.aborted) return
        writer.suspect(error)
        log.error('a queue can not be worked on now', { sink: name, error: errorCode(error), at: errorPlace(error) })
        await clock.sleep(FAULT_MS, stopping.signal)
      }
    }
  }

  /** New messages do not end the rest of a receiver that is unwell; a change of its settings does. */
  async function leaveAlone(): Promise<void> {
    for (let ms = rest.leftMs(); ms > 0; ms = rest.leftMs()) {
      idle.ring()
      await sleepOrBell(bell, ms, { clock, signal: stopping.signal })
    }
  }

  async function hurry(): Promise<void> {
    while (hurried) {
      hurried = false
      await writer.write(database => hurryRetries(database, name))
      due.forget()
    }
  }

  function nextDue(): Delivery[] {
    const paused = sinkState(writer.database, name)?.paused ?? null
    if (paused !== null) {
      report.tell({ state: 'paused', reason: paused, nextTryAt: null })
      return []
    }
    if (report.state === 'paused') report.tell({ state: 'working', reason: null, nextTryAt: null })
    return due.next()
  }

  async function waitForMore(): Promise<void> {
    if (notes.size > 0) await notes.write()
    if (fresh) return
    const ms = report.state === 'paused' ? null : due.waitMs()
    idle.ring()
    await sleepOrBell(bell, Math.min(LONGEST_WAIT_MS, Math.max(0, ms ?? LONGEST_WAIT_MS)), {
      clock,
      signal: stopping.signal,
    })
  }

  /** @returns whether the next one may follow at once */
  async function attempt(delivery: Delivery): Promise<boolean> {
    const body = bodyOf(writer.database, delivery.id)
    if (body === null || stopping.signal.aborted) return false
    const using = sink
    const { fetch } = options
    const tried = await attemptPush(using, { delivery, body }, { clock, fetch, log, signal: ending.signal })
    const isDelivered = tried.outcome.kind === 'delivered'
    // Whoever stops has cut it: it is tried anew by the next run, under the same id.
    if (ending.signal.aborted && tried.outcome.kind === 'retry') return false
    if (using === sink || isDelivered) return settle(delivery, tried, using.schedule)
    // That was said to the settings that the owner has changed meanwhile: it says nothing about the new ones.
    await writer.write(database => logRequest(database, tried.record))
    return false
  }

  function wake(): void {
    fresh = true
    bell.ring()
  }

  const running = run()
  running.catch(() => undefined)
  return {
    kick: wake,
    lookAgain() {
      due.forget()
      wake()
    },
    changed(next) {
      sink = next
      hurried = true
      rest.end()
      report.begin()
      wake()
    },
    endHold() {
      rest.endHold()
      wake()
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
      await notes.write()
    },
  }
}
