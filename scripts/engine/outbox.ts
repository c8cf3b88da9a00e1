import { randomUUID } from 'node:crypto'
import type { SendOutcome } from '../core/adapter.ts'
import { addressKey } from '../core/address.ts'
import { createBell, sleepOrBell } from '../core/bell.ts'
import { type Clock, utcSeconds } from '../core/clock.ts'
import { ConfigError, errorCode, errorPlace } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { DataFolder } from '../store/data-folder.ts'
import type { Database } from '../store/database.ts'
import { latestSeq } from '../store/messages.ts'
import {
  findRequest,
  insertEntry,
  interruptedEntries,
  markState,
  type NewEntry,
  nextEntries,
  type OutboxEntry,
  readEntry,
} from '../store/outbox.ts'
import { AGENT, acknowledge } from '../store/positions.ts'
import type { Writer } from '../store/writer.ts'
import type { RelaySession } from './relay-session.ts'
import { requestConflict } from './request-conflict.ts'
import { sendEntry } from './send-entry.ts'
import { type Claimed, isSettled, type Settled, settle, settleAs, withdraw } from './settlement.ts'

/**
 * What we send to the relay (design §6): committed first, then tried once, in order per recipient. What the relay wants
 * later is tried later; everything else is settled by the first answer, or by the lack of one.
 */
export interface Outbox {
  /** After a start: requests of an earlier process have an unknown outcome now; what waits is sent. */
  start(): Promise<void>
  /** The message of that request id, if it was given before. @throws RefusedError when it stands for another message */
  find(message: OutgoingMessage): OutboxEntry | null
  /** Resolves after the commit, or with the entry of the same request id. @throws RefusedError as `find` does */
  submit(message: OutgoingMessage): Promise<OutboxEntry>
  /** The entry when it is settled, or as it is after `waitMs`. */
  outcomeOf(id: number, options: OutcomeOptions): Promise<OutboxEntry>
  /** For how long the relay still wants to be left alone; 0: it does not say. */
  throttledMs(): number
  /** Takes back what waits and is not under way. Resolves after the commit: with false when it is too late for that. */
  withdraw(entry: OutboxEntry, reason: string): Promise<boolean>
  /** Begins nothing new, and gives what is under way a while to end. */
  stop(): Promise<void>
}

export interface OutgoingMessage extends Pick<NewEntry, 'to' | 'content' | 'file' | 'replyTo'> {
  /** Safe to repeat under the same one. Left out: nobody will. */
  readonly requestId: string | undefined
}

export interface OutcomeOptions {
  readonly waitMs: number
  readonly signal: AbortSignal
  /** Bytes of a file that have gone out. */
  readonly progress?: (done: number, total: number) => void
}

export interface OutboxOptions {
  readonly folder: DataFolder
  readonly writer: Writer
  readonly clock: Clock
  readonly log: Logger
  /** @throws ConfigError where nobody is registered */
  readonly relay: () => RelaySession
  /** Who the configuration says that we are. */
  readonly claimed: () => Claimed
  /** Something was committed that files show. */
  readonly onCommit: () => void
}

const SINK = 'relay'
/** One that is slow, a file say, must not keep the messages to everybody else. */
const MOST_AT_ONCE = 4
const RETRY_MS = 5000
const UNREGISTERED_MS = 30_000
/** At a stop a request is heard out for as long as a read is (design §3). */
const LAST_SEND_MS = 35_000

export function createOutbox(options: OutboxOptions): Outbox {
  const { writer, clock, log, relay } = options
  const settledBell = createBell()
  const ending = new AbortController()
  const underWay = new Map<string, Promise<void>>()
  const listeners = new Map<number, NonNullable<OutcomeOptions['progress']>>()
  let stopped = false
  let cancelPause: (() => void) | undefined
  let throttledUntil = 0

  function pump(): void {
    if (stopped || cancelPause !== undefined) return
    try {
      for (const entry of nextEntries(writer.database, SINK)) {
        const peer = addressKey(entry.to)
        if (underWay.size < MOST_AT_ONCE && !underWay.has(peer)) underWay.set(peer, attempt(entry, peer))
      }
    } catch (error) {
      failed(error)
    }
  }

  async function attempt(entry: OutboxEntry, peer: string): Promise<void> {
    await deliver(entry).catch(failed)
    underWay.delete(peer)
    pump()
  }

  /** A fault of ours, or a store that can not be read: what waits is looked at again. */
  function failed(error: unknown): void {
    if (error instanceof ConfigError) {
      // Nobody is registered now: what waits is for whoever is.
      pause(UNREGISTERED_MS)
      return
    }
    writer.suspect(error)
    log.error('messages can not be sent now', { error: errorCode(error), at: errorPlace(error) })
    pause(RETRY_MS)
  }

  function pause(ms: number): void {
    cancelPause?.()
    // What waits then is the next run's.
    if (stopped) return
    cancelPause = clock.after(ms, () => {
      cancelPause = undefined
      pump()
    })
  }

  async function deliver(entry: OutboxEntry): Promise<void> {
    const session = relay()
    if (session.account !== entry.account) {
      await end(entry, { kind: 'not_sent', reason: 'another_account' })
      return
    }
    const outcome = await sendEntry(entry, session, {
      ...options,
      signal: ending.signal,
      progress: (done, total) => listeners.get(entry.id)?.(done, total),
    })
    if (outcome.kind !== 'later') {
      await end(entry, outcome)
      return
    }
    throttledUntil = clock.monotonic() + outcome.afterMs
    pause(outcome.afterMs)
    await writer.write(database => markState(database, entry.id, 'queued'))
  }

  async function end(entry: OutboxEntry, outcome: Exclude<SendOutcome, { kind: 'later' }>): Promise<void> {
    await writer.write(database => settle(database, entry, { outcome, ...present() }))
    log.info('a message was sent', { entry: entry.id, outcome: outcome.kind })
    announce()
  }

  function announce(): void {
    options.onCommit()
    settledBell.ring()
  }

  function present(): Settled {
    return { now: utcSeconds(clock.now()), claimed: options.claimed() }
  }

  /** A damaged database is replaced, and then it is the new one that is asked. */
  function reading<T>(read: (database: Database) => T): T {
    try {
      return read(writer.database)
    } catch (error) {
      writer.suspect(error)
      return read(writer.database)
    }
  }

  function find(message: OutgoingMessage): OutboxEntry | null {
    if (message.requestId === undefined) return null
    const request = { ...message, requestId: message.requestId }
    const found = reading(database => findRequest(database, request))
    if (found !== null && !found.same) throw requestConflict(message.requestId)
    return found?.entry ?? null
  }

  return {
    find,
    async start() {
      await writer.write(database => {
        for (const entry of interruptedEntries(database, SINK)) {
          settleAs(database, entry, { state: 'unknown', detail: { reason: 'interrupted' }, ...present() })
        }
      })
      options.onCommit()
      pump()
    },
    async submit(message) {
      const { account } = relay()
      const requestId = message.requestId ?? randomUUID()
      const createdAt = utcSeconds(clock.now())
      const entry = await writer.write(database => {
        // Another one may have come between the look and this commit.
        const found = findRequest(database, { ...message, requestId })
        if (found !== null) return found.same ? found.entry : null
        // Whoever answers has read what was asked.
        acknowledge(database, { reader: AGENT, upTo: latestSeq(database), peer: addressKey(message.to) })
        return insertEntry(database, { ...message, requestId, sink: SINK, account, createdAt })
      })
      if (entry === null) throw requestConflict(requestId)
      options.onCommit()
      pump()
      return entry
    },
    async outcomeOf(id, { waitMs, signal, progress }) {
      if (progress !== undefined) listeners.set(id, progress)
      const until = clock.monotonic() + waitMs
      try {
        for (;;) {
          const entry = reading(database => readEntry(database, id))
          if (entry === null) throw new Error('The outbox lost an entry')
          const left = until - clock.monotonic()
          if (isSettled(entry.state) || left <= 0) return entry
          await sleepOrBell(settledBell, left, { clock, signal })
        }
      } finally {
        listeners.delete(id)
      }
    },
    throttledMs: () => Math.max(0, throttledUntil - clock.monotonic()),
    async withdraw({ id, to }, reason) {
      const isUnderWay = () => underWay.has(addressKey(to))
      const done = await writer.write(database => !isUnderWay() && withdraw(database, id, { reason, ...present() }))
      if (done) announce()
      return done
    },
    async stop() {
      stopped = true
      cancelPause?.()
      const done = new AbortController()
      const patience = clock.sleep(LAST_SEND_MS, done.signal).then(
        () => ending.abort(new DOMException('The daemon stops', 'AbortError')),
        () => undefined,
      )
      await Promise.all(underWay.values())
      done.abort()
      await patience
    },
  }
}
