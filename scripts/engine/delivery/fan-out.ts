import { type Clock, utcSeconds } from '../../core/clock.ts'
import type { Config } from '../../core/config.ts'
import { errorCode } from '../../core/errors.ts'
import type { EventName } from '../../core/events.ts'
import type { Logger } from '../../core/logger.ts'
import { eventText, messageData } from '../../protocol/webhook/event-body.ts'
import type { Database } from '../../store/database.ts'
import { enqueue } from '../../store/deliveries.ts'
import { insertEvent, newEventId, removeOldEvents } from '../../store/events.ts'
import { dueMessages, type StoredMessage } from '../../store/messages.ts'
import { fanOutPosition, followSinks, moveFanOut, sinkStarts } from '../../store/sinks.ts'
import { readWechatAccount } from '../../store/wechat-accounts.ts'
import type { Writer } from '../../store/writer.ts'
import { originOf, type Route, routesOf, sinksFor } from '../routes.ts'
import { createLoopBrake } from './loop-brake.ts'
import { messageEvent } from './message-event.ts'

/**
 * Hands what was committed to the queues of those who want it, in the order of the messages. It reads behind the store like
 * every projection: whoever receives waits for none of this, however many sinks there are.
 */
export interface FanOut {
  /** Something was committed. */
  kick(): void
  /** Whom the configuration names from now on; their sinks have to be known to the store. */
  follow(config: Config): void
  /** Tells of something that is no message. Resolves after the commit. */
  emit(event: Emitted): Promise<void>
  /** The same within a transaction of the caller's. @param except this sink is not told */
  emitIn(database: Database, event: Emitted, except?: string): void
  /** Resolves when the queues have everything that is settled now. */
  flush(): Promise<void>
  stop(): Promise<void>
}

export interface Emitted {
  readonly name: EventName
  readonly lane: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface FanOutOptions {
  readonly writer: Writer
  readonly clock: Clock
  readonly log: Logger
  /** These sinks have something new. */
  readonly onQueued: (sinks: ReadonlySet<string>) => void
  /** A loop is suspected: what this peer writes is handed on slowly. */
  readonly onLoop: (lane: string) => void
}

/** What comes of a few messages. */
interface Round {
  readonly queued: Set<string>
  /** Peers of whom a loop is suspected. */
  readonly slowed: Set<string>
  /** By seq, in ms. */
  readonly putOffs: Map<number, number>
}

/** Messages of so long share one commit, which the next message may have to wait for. */
const GATHER_MS = 20
const AT_ONCE = 200
const RETRY_MS = 2000
/** Old events are cleared away once in so many rounds. */
const CLEAR_EVERY = 200

export function createFanOut(options: FanOutOptions): FanOut {
  const { writer, clock, log, onQueued } = options
  const brake = createLoopBrake(clock)
  let config: Config | null = null
  /** The database in which the sinks of the routes were made known. */
  let knownIn: Database | null = null
  let routes: readonly Route[] = []
  let cancel: (() => void) | undefined
  let running: Promise<void> | null = null
  let again = false
  let stopped = false
  let rounds = 0

  function kick(): void {
    if (routes.length === 0 || stopped) return
    if (running !== null) again = true
    else cancel ??= clock.after(GATHER_MS, begin)
  }

  function begin(): void {
    cancel?.()
    cancel = undefined
    running ??= work().finally(() => {
      running = null
      if (again) kick()
      again = false
    })
  }

  async function work(): Promise<void> {
    try {
      while (await round()) {
        // Until nothing is left, one commit after the other.
      }
    } catch (error) {
      if (stopped) return
      writer.suspect(error)
      log.error('messages can not be handed on now', { error: errorCode(error) })
      cancel ??= clock.after(RETRY_MS, begin)
    }
  }

  /** @returns whether there may be more */
  async function round(): Promise<boolean> {
    const made: Round = { queued: new Set(), slowed: new Set(), putOffs: new Map() }
    const { more, database } = await writer.write(database => {
      made.queued.clear()
      return { more: handOn(database, made), database }
    })
    knownIn = database
    for (const lane of made.slowed) options.onLoop(lane)
    if (made.queued.size > 0) onQueued(made.queued)
    return more
  }

  function handOn(database: Database, made: Round): boolean {
    const starts = startsIn(database)
    const first = Math.min(...routes.map(({ sink }) => starts.get(sink) ?? Number.MAX_SAFE_INTEGER))
    const position = fanOutPosition(database)
    const messages = dueMessages(database, Math.max(position, first), AT_ONCE)
    for (const message of messages) handOnOne(database, message, { starts, made })
    const last = messages.at(-1)
    if (last !== undefined) moveFanOut(database, last.seq)
    if (rounds++ % CLEAR_EVERY === 0) removeOldEvents(database)
    return messages.length > 0
  }

  /** Where a damaged database was replaced, sinks that it lost go on where messages were handed on last. */
  function startsIn(database: Database): ReadonlyMap<string, number> {
    const starts = sinkStarts(database)
    if (database === knownIn || routes.every(({ sink }) => starts.has(sink))) return starts
    followSinks(
      database,
      routes.map(({ sink }) => sink),
      fanOutPosition(database),
    )
    return sinkStarts(database)
  }

  function handOnOne(
    database: Database,
    message: StoredMessage,
    { starts, made }: { starts: ReadonlyMap<string, number>; made: Round },
  ): void {
    const event = messageEvent(message)
    if (event === null || config === null) return
    const outgoing = { name: event.name, message }
    const wanting = sinksFor(outgoing, routes, originOf(outgoing, config)).filter(
      ({ sink }) => (starts.get(sink) ?? Number.MAX_SAFE_INTEGER) < message.seq,
    )
    // Once a message: what is written here may have to be written again.
    const putOffMs = made.putOffs.get(message.seq) ?? brake.check(message, event)
    made.putOffs.set(message.seq, putOffMs)
    if (wanting.length === 0) return
    if (putOffMs > 0) made.slowed.add(event.lane)
    const eventId = newEventId()
    const row = insertEvent(database, {
      eventId,
      name: event.name,
      at: message.receivedAt,
      lane: event.lane,
      seq: message.seq,
      body: Buffer.from(
        eventText({
          name: event.name,
          at: message.receivedAt,
          data: messageData(message, { eventId, error: event.error }),
        }),
      ),
    })
    for (const { sink, body } of wanting) {
      const notBefore = putOffMs === 0 ? 0 : clock.now() + putOffMs
      enqueue(database, { sink, event: row, lane: event.lane, body: body?.(message) ?? null, notBefore })
      made.queued.add(sink)
    }
  }

  function emitIn(database: Database, { name, lane, data }: Emitted, except?: string): void {
    const starts = startsIn(database)
    const wanting = routes.filter(
      route => route.sink !== except && starts.has(route.sink) && route.wants({ name, message: null }),
    )
    if (wanting.length === 0) return
    const eventId = newEventId()
    const at = utcSeconds(clock.now())
    const body = Buffer.from(eventText({ name, at, data: { ...data, id: eventId } }))
    const event = insertEvent(database, { eventId, name, at, lane, seq: null, body })
    for (const { sink } of wanting) enqueue(database, { sink, event, lane, body: null, notBefore: 0 })
  }

  return {
    kick,
    follow(next) {
      config = next
      routes = routesOf(next, account => readWechatAccount(writer.database, account)?.userId ?? null)
      knownIn = writer.database
      kick()
    },
    async emit(event) {
      if (routes.length === 0 || stopped) return
      await writer.write(database => emitIn(database, event))
      onQueued(new Set(routes.map(({ sink }) => sink)))
    },
    emitIn,
    async flush() {
      if (routes.length === 0) return
      await running
      begin()
      await running
    },
    async stop() {
      stopped = true
      cancel?.()
      cancel = undefined
      await running
    },
  }
}
