import { webhookSink } from '../../adapters/webhook/push.ts'
import { abotSink } from '../../adapters/wechat-abot/push.ts'
import { type Clock, utcSeconds } from '../../core/clock.ts'
import { type Config, isWeakSecret } from '../../core/config.ts'
import { errorCode } from '../../core/errors.ts'
import type { FetchLike } from '../../core/fetch.ts'
import type { Logger } from '../../core/logger.ts'
import type { Sink } from '../../core/sink.ts'
import type { ChannelLog } from '../../projections/channel-log.ts'
import type { Database } from '../../store/database.ts'
import { type Delivery, hurryRetries } from '../../store/deliveries.ts'
import { followSinks, sinkState } from '../../store/sinks.ts'
import type { Writer } from '../../store/writer.ts'
import type { StatusBoard } from '../status-board.ts'
import type { ChannelChange } from './channel-events.ts'
import { createFanOut } from './fan-out.ts'
import { createSinkLoop, type SinkHealth, type SinkLoop } from './sink-loop.ts'

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
  /** Its settings, to see whether they changed. Never shown: there are secrets in it. */
  readonly settings: string
}

export function createDeliveries(options: DeliveriesOptions): Deliveries {
  const { writer, clock, log, board, channelLog } = options
  const running = new Map<string, Running>()
  const ending = new Set<Promise<void>>()
  const long = new Set<string>()
  let applying: Promise<void> = Promise.resolve()
  let begun = false
  let stopped = false

  const fanOut = createFanOut({
    writer,
    clock,
    log,
    onQueued(sinks) {
      for (const name of sinks) {
        running.get(name)?.loop.kick()
        watchLength(name)
      }
    },
  })

  function watchLength(name: string): void {
    const waiting = sinkState(writer.database, name)?.waiting ?? 0
    if (waiting < LONG_QUEUE) long.delete(name)
    else if (!long.has(name)) {
      long.add(name)
      log.warn('a queue has grown long; nothing of it is dropped', { sink: name, waiting })
      channelLog.event('SINK_STATE', { sink: name, state: 'long_queue', waiting })
    }
  }

  async function applyNow(config: Config): Promise<void> {
    const wanted = wantedSinks(config)
    await writer.write(database => followSinks(database, [...wanted.keys()]))
    for (const name of running.keys()) if (wanted.get(name)?.sink == null) end(name)
    for (const [name, { sink, why, settings }] of wanted) {
      if (sink === null) show(name, { state: why ?? 'paused', reason: why === 'misconfigured' ? 'weak_secret' : null })
      else await follow(sink, settings)
    }
    for (const name of board.keys('sink:')) if (!wanted.has(name)) await board.remove(`sink:${name}`)
    fanOut.follow(config)
    if (begun || stopped) return
    begun = true
    await tell({ name: 'system.started', channel: 'system', text: `started, version ${options.version}` })
  }

  async function follow(sink: Sink, settings: string): Promise<void> {
    const known = running.get(sink.name)
    if (known?.settings === settings || stopped) return
    show(sink.name, { state: 'working', reason: null })
    if (known === undefined) {
      running.set(sink.name, { loop: start(sink), settings })
      return
    }
    running.set(sink.name, { loop: known.loop, settings })
    await writer.write(database => hurryRetries(database, sink.name))
    known.loop.changed(sink)
  }

  function start(sink: Sink): SinkLoop {
    return createSinkLoop({
      sink,
      writer,
      clock,
      fetch: options.fetch,
      log,
      onState: health => show(sink.name, healthFacts(health)),
      onDead: tellOfDead,
    })
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
    clock.afterTurn(() => kick())
  }

  const states = new Map<string, string>()

  function show(
    name: string,
    facts: Readonly<Record<string, unknown>> & { state: string; reason: string | null },
  ): void {
    const state = `${facts.state} ${facts.reason ?? ''}`
    const isNew = states.get(name) !== state
    states.set(name, state)
    const since = isNew ? { since_utc: utcSeconds(clock.now()) } : {}
    board.merge(`sink:${name}`, { next_try_utc: null, ...facts, ...since })
    if (isNew) channelLog.event('SINK_STATE', { sink: name, state: facts.state, reason: facts.reason ?? undefined })
  }

  function end(name: string): void {
    const loop = running.get(name)?.loop
    running.delete(name)
    states.delete(name)
    if (loop === undefined) return
    const ended = loop.stop().finally(() => ending.delete(ended))
    ending.add(ended)
  }

  function kick(sink?: string): void {
    for (const [name, { loop }] of running) if (sink === undefined || sink === name) loop.kick()
  }

  async function tell({ name, channel, text, reason }: ChannelChange): Promise<void> {
    const about = reason === undefined ? {} : { reason }
    await fanOut
      .emit({
        name,
        lane: `channel:${channel}`,
        data: { channel, user: null, message: text, sessionId: null, ...about },
      })
      .catch(error => log.error('an event was not queued', { event: name, error: errorCode(error) }))
  }

  return {
    apply(config) {
      applying = applying
        .then(() => applyNow(config))
        .catch(error => log.error('sinks can not be set up now', { error: errorCode(error) }))
    },
    committed: fanOut.kick,
    kick,
    tell: change => void tell(change),
    async stop() {
      await applying
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
      await Promise.all(ending)
    },
  }
}

interface Wanted {
  /** null: it does not run. */
  readonly sink: Sink | null
  readonly why?: 'paused' | 'misconfigured'
  readonly settings: string
}

function wantedSinks({ webhooks, wechatAbot }: Config): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>()
  for (const webhook of webhooks.outbound) {
    const sink = webhook.enabled ? webhookSink(webhook) : null
    wanted.set(`webhook:${webhook.name}`, { sink, why: 'paused', settings: JSON.stringify(webhook) })
  }
  if (wechatAbot !== null) {
    const { webhookUrl, webhookSecret } = wechatAbot
    const sink = webhookSecret === null || isWeakSecret(webhookSecret) ? null : abotSink({ webhookUrl, webhookSecret })
    wanted.set('wechat_abot', { sink, why: 'misconfigured', settings: JSON.stringify([webhookUrl, webhookSecret]) })
  }
  return wanted
}

function healthFacts({ state, reason, nextTryAt }: SinkHealth) {
  return { state, reason, next_try_utc: nextTryAt === null ? null : utcSeconds(nextTryAt) }
}
