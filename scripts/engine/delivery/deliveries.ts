import type { Clock } from '../../core/clock.ts'
import type { Config } from '../../core/config.ts'
import { errorCode } from '../../core/errors.ts'
import type { FetchLike } from '../../core/fetch.ts'
import type { Logger } from '../../core/logger.ts'
import type { Sink } from '../../core/sink.ts'
import type { ChannelLog } from '../../projections/channel-log.ts'
import type { Database } from '../../store/database.ts'
import type { Delivery } from '../../store/deliveries.ts'
import { followSinks, sinkState } from '../../store/sinks.ts'
import type { Writer } from '../../store/writer.ts'
import type { StatusBoard } from '../status-board.ts'
import type { ChannelChange } from './channel-events.ts'
import { createFanOut } from './fan-out.ts'
import { createSinkBoard } from './sink-board.ts'
import { createSinkLoop, type SinkLoop } from './sink-loop.ts'
import { wantedSinks } from './wanted-sinks.ts'

/** Everything that is pushed on (design §2.3): the queues of all sinks, and a loop of its own for each of them. */
export interface Deliveries {
  /** The configuration in force from now on. */
  apply(config: Config): void
  /** Messages were committed, and the files show them. */
  committed(): void
  /** Somebody changed the queue of this sink, or of any. */
  kick(sink?: string): void
  /** Something happened that is no message. */
  tell(change: ChannelChange): void
  /** Says that we stop, gives what can go out a moment, and ends. */
  stop(): Promise<void>
}

export interface DeliveriesOptions {
  readonly writer: Writer
  readonly clock: Clock
  readonly fetch: FetchLike
  readonly log: Logger
  readonly board: StatusBoard
  readonly channelLog: ChannelLog
  readonly version: string
}

/** Beyond this the owner is told; nothing is dropped (OI §5.5). */
const LONG_QUEUE = 10_000
/** At a stop: long enough for a receiver that is well. */
const FAREWELL_MS = 2000

interface Running {
  readonly loop: SinkLoop
  readonly settings: string
}

export function createDeliveries(options: DeliveriesOptions): Deliveries {
  const { writer, clock, log, channelLog } = options
  const running = new Map<string, Running>()
  const ending = new Map<string, Promise<void>>()
  const long = new Set<string>()
  const states = createSinkBoard(options)
  /** Configurations and events, one after the other: what happens under a configuration is told to its sinks. */
  let steps: Promise<void> = Promise.resolve()
  let begun = false
  let stopped = false

  const fanOut = createFanOut({
    writer,
    clock,
    log,
    onLoop(lane) {
      log.warn('a loop is suspected: this peer is handed on slowly', { lane })
      channelLog.event('SINK_STATE', { state: 'loop_suspected', peer: lane })
    },
    onQueued(sinks) {
      for (const name of sinks) running.get(name)?.loop.kick()
      for (const name of sinks) watchLength(name)
    },
  })

  /** Told once, until it is half as long again. */
  function watchLength(name: string): void {
    const waiting = sinkState(writer.database, name)?.waiting ?? 0
    if (waiting < LONG_QUEUE / 2) long.delete(name)
    if (waiting < LONG_QUEUE || long.has(name)) return
    long.add(name)
    log.warn('a queue has grown long; nothing of it is dropped', { sink: name, waiting })
    channelLog.event('SINK_STATE', { sink: name, state: 'long_queue', waiting })
  }

  async function applyNow(config: Config): Promise<void> {
    const wanted = wantedSinks(config)
    await writer.write(database => followSinks(database, [...wanted.keys()]))
    for (const name of running.keys()) if (wanted.get(name)?.sink == null) end(name)
    for (const [name, { sink, why = 'paused', settings }] of wanted) {
      if (sink === null) states.show(name, { state: why, reason: why === 'misconfigured' ? 'weak_secret' : null })
      else follow(sink, settings)
    }
    await states.keepOnly(new Set(wanted.keys()))
    fanOut.follow(config)
    if (begun || stopped) return
    begun = true
    await emit({ name: 'system.started', channel: 'system', text: `started, version ${options.version}` })
  }

  function follow(sink: Sink, settings: string): void {
    const known = running.get(sink.name)
    if (stopped) return
    if (known?.settings === settings) {
      known.loop.endHold()
      return
    }
    states.show(sink.name, { state: 'working', reason: null })
    running.set(sink.name, { loop: known?.loop ?? start(sink), settings })
    known?.loop.changed(sink)
  }

  function start(sink: Sink): SinkLoop {
    const loop = createSinkLoop({
      sink,
      writer,
      clock,
      fetch: options.fetch,
      log,
      // One that is coming to its end has nothing to say about its successor.
      onState: health => running.get(sink.name)?.loop === loop && states.show(sink.name, health),
      onDead: tellOfDead,
      after: ending.get(sink.name),
    })
    return loop
  }

  /** An error about an error would make the next one. */
  function tellOfDead(database: Database, { sink, eventId, event, seq }: Delivery, reason: string): void {
    if (event === 'message.error') return
    fanOut.emitIn(
      database,
      {
        name: 'message.error',
        lane: sink,
        data: {
          channel: sink,
          user: null,
          message: 'a delivery was given up',
          sessionId: null,
          error: reason,
          event,
          event_id: eventId,
          seq,
        },
      },
      sink,
    )
    // Its own loops hear of it when this is committed.
    clock.afterTurn(() => {
      for (const { loop } of running.values()) loop.kick()
    })
  }

  function end(name: string): void {
    const loop = running.get(name)?.loop
    running.delete(name)
    states.forget(name)
    if (loop === undefined) return
    const ended = loop.stop().finally(() => {
      if (ending.get(name) === ended) ending.delete(name)
    })
    ending.set(name, ended)
  }

  async function emit({ name, channel, text, reason }: ChannelChange): Promise<void> {
    const about = reason === undefined ? {} : { reason }
    await fanOut.emit({
      name,
      lane: `channel:${channel}`,
      data: { channel, user: null, message: text, sessionId: null, ...about },
    })
  }

  function inTurn(step: () => Promise<void>, failure: string): Promise<void> {
    steps = steps.then(step).catch(error => log.error(failure, { error: errorCode(error) }))
    return steps
  }

  function tell(change: ChannelChange): Promise<void> {
    return inTurn(() => emit(change), 'an event was not queued')
  }

  return {
    apply: config => void inTurn(() => applyNow(config), 'sinks can not be set up now'),
    committed: fanOut.kick,
    kick(sink) {
      for (const [name, { loop }] of running) if (sink === undefined || sink === name) loop.lookAgain()
    },
    tell: change => void tell(change),
    async stop() {
      await steps
      if (begun) await tell({ name: 'system.stopped', channel: 'system', text: 'stopped' })
      stopped = true
      await fanOut.flush()
      const late = new AbortController()
      await Promise.race([
        Promise.all([...running.values()].map(({ loop }) => loop.drained())),
        clock.sleep(FAREWELL_MS, late.signal).catch(() => undefined),
      ])
      late.abort()
      await fanOut.stop()
      for (const name of [...running.keys()]) end(name)
      await Promise.all(ending.values())
    },
  }
}
