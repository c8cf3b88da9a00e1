import { randomUUID } from 'node:crypto'
import { type Address, addressKey } from '../../core/address.ts'
import { createBell, sleepOrBell } from '../../core/bell.ts'
import { type Clock, utcSeconds } from '../../core/clock.ts'
import { ConfigError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { DataFolder } from '../../store/data-folder.ts'
import type { Database } from '../../store/database.ts'
import { latestSeq } from '../../store/messages.ts'
import { findRequest, insertEntry, type NewEntry, type OutboxEntry, readEntry } from '../../store/outbox.ts'
import { AGENT, acknowledge } from '../../store/positions.ts'
import type { Writer } from '../../store/writer.ts'
import type { RelaySession } from '../relay-session.ts'
import type { WechatSession } from '../wechat/session.ts'
import type { QueueParts, SendQueue } from './queue.ts'
import { createRelayQueue } from './relay-queue.ts'
import { requestConflict } from './request-conflict.ts'
import { type Claimed, isSettled, withdraw } from './settlement.ts'
import { createWechatQueue, type WechatQueue } from './wechat-queue.ts'

/** What we send (design §6): committed first, then handed to the queue of its channel, in order per recipient. */
export interface Outbox extends Pick<WechatQueue, 'peersWrote' | 'loggedIn'> {
  /** After a start: what an earlier process left is looked after, and what waits is sent. */
  start(): Promise<void>
  /** The message of that request id, if it was given before. @throws RefusedError when it stands for another message */
  find(message: OutgoingMessage): OutboxEntry | null
  /** Resolves after the commit, or with the entry of the same request id. @throws RefusedError as `find` does */
  submit(message: OutgoingMessage): Promise<OutboxEntry>
  /** The entry when it is settled or set aside, or as it is after `waitMs`. */
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
  /** Nobody has read anything for it: what they wrote stays unread. */
  readonly isAutomatic?: boolean
  /** Written in the same commit, once. */
  readonly also?: (database: Database, entry: OutboxEntry) => void
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
  /** @throws ConfigError where there is no such account */
  readonly wechat: (name: string) => WechatSession
  /** Who the configuration says that we are. */
  readonly claimed: () => Claimed
  /** Something was committed that files show. */
  readonly onCommit: () => void
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { writer, clock } = options
  const changedBell = createBell()
  const listeners = new Map<number, NonNullable<OutcomeOptions['progress']>>()
  const parts: QueueParts = {
    ...options,
    announce,
    progress: entry => (done, total) => listeners.get(entry)?.(done, total),
  }
  const relay = createRelayQueue(parts, options.relay)
  const wechat = createWechatQueue(parts, options.wechat)
  const queues: readonly SendQueue[] = [relay, wechat]

  function queueFor({ scheme }: Address): SendQueue {
    switch (scheme) {
      case 'relay':
        return relay
      case 'wechat':
        return wechat
      case 'webhook':
        throw new ConfigError({ en: 'A webhook can not be written to.', zh: '无法向 webhook 发送消息。' })
    }
  }

  function announce(): void {
    options.onCommit()
    changedBell.ring()
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
      for (const queue of queues) await queue.start()
    },
    async submit(message) {
      const queue = queueFor(message.to)
      const from = queue.from(message.to)
      const requestId = message.requestId ?? randomUUID()
      const createdAt = utcSeconds(clock.now())
      const entry = await writer.write(database => {
        // Another one may have come between the look and this commit.
        const found = findRequest(database, { ...message, requestId })
        if (found !== null) return found.same ? found.entry : null
        // Whoever answers has read what was asked.
        if (message.isAutomatic !== true)
          acknowledge(database, { reader: AGENT, upTo: latestSeq(database), peer: addressKey(message.to) })
        const inserted = insertEntry(database, { ...message, ...from, requestId, createdAt })
        message.also?.(database, inserted)
        return inserted
      })
      if (entry === null) throw requestConflict(requestId)
      options.onCommit()
      queue.pump()
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
          if (isSettled(entry.state) || entry.parked !== null || left <= 0) return entry
          await sleepOrBell(changedBell, left, { clock, signal })
        }
      } finally {
        listeners.delete(id)
      }
    },
    throttledMs: relay.throttledMs,
    peersWrote: wechat.peersWrote,
    loggedIn: wechat.loggedIn,
    async withdraw(entry, reason) {
      const queue = queueFor(entry.to)
      const settled = { reason, now: utcSeconds(clock.now()), claimed: options.claimed() }
      const done = await writer.write(database => !queue.isUnderWay(entry) && withdraw(database, entry.id, settled))
      if (done) announce()
      return done
    },
    async stop() {
      await Promise.all(queues.map(queue => queue.stop()))
    },
  }
}
