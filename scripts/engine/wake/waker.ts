import { type Clock, utcSeconds } from '../../core/clock.ts'
import type { WakeConfig } from '../../core/config.ts'
import { errorCode, errorPlace } from '../../core/errors.ts'
import type { FetchLike } from '../../core/fetch.ts'
import type { Logger } from '../../core/logger.ts'
import type { ChannelLog } from '../../projections/channel-log.ts'
import type { PokeReason } from '../../protocol/wake/poke.ts'
import { AGENT, readPosition } from '../../store/positions.ts'
import { readStatus } from '../../store/status.ts'
import { recentPokes } from '../../store/wake.ts'
import type { Writer } from '../../store/writer.ts'
import type { StatusBoard } from '../status-board.ts'
import { type Attempt, createAttempts, waitAfter } from './attempts.ts'
import { MEMORY_KEY, restoredMemory, type WakeMemory } from './memory.ts'
import { BRAKE_MS, BRAKE_POKES, type Decision, decide, type PokeFacts } from './policy.ts'
import { createRelayWatch } from './relay-watch.ts'
import { createWakeReport, type Trouble, troubleOf } from './report.ts'
import { createUnreadWatch } from './unread-watch.ts'

/**
 * Wakes the agent when there is something to read, and again until its position moves (OI §3.6): a gateway's 200 says
 * nothing about the agent, and its queue does not outlive it. What is unread lies in the store; a poke only points there.
 */
export interface Waker {
  /** Something was committed. Returns at once. */
  kick(): void
  /** The owner saved the settings: whatever was refused is tried again. */
  configChanged(): void
  stop(): Promise<void>
}

export interface WakerOptions {
  readonly writer: Writer
  readonly clock: Clock
  readonly fetch: FetchLike
  readonly log: Logger
  readonly board: Pick<StatusBoard, 'post' | 'remove'>
  readonly channelLog: Pick<ChannelLog, 'event'>
  /** null: nobody wants to be woken. */
  readonly config: () => WakeConfig | null
  /** As `status` shows it; null: nothing is known. */
  readonly relayState: () => string | null
  /** Accounts at WeChat that are signed out. */
  readonly signedOut: () => readonly string[]
}

/** Under a flood the store is not asked at each commit. */
const LOOK_MS = 200
/** A machine that slept has slept through its timers, and a relay that is down says nothing. */
const LOOK_AGAIN_MS = 60_000

export function createWaker(options: WakerOptions): Waker {
  const { writer, clock, log, board } = options
  const ending = new AbortController()
  const attempts = createAttempts({ ...options, signal: ending.signal })
  const unread = createUnreadWatch()
  const relay = createRelayWatch(clock)
  const report = createWakeReport(options)
  let memory = restoredMemory(undefined)
  let isRestored = false
  let trouble: Trouble | null = null
  /** The newest message that was noticed, and when it and the first one behind the last poke were. */
  let noticed = memory.pokedSeq
  let firstNewAt: number | null = null
  let lastNewAt: number | null = null
  let poking: Promise<void> | null = null
  let lastLookAt = Number.NEGATIVE_INFINITY
  let next: { readonly at: number; cancel(): void } | null = null

  function lookIn(ms: number): void {
    const at = clock.monotonic() + ms
    if (ending.signal.aborted || (next !== null && next.at <= at)) return
    next?.cancel()
    next = { at, cancel: clock.after(ms, look) }
  }

  function look(): void {
    next?.cancel()
    next = null
    // When it is over, it is looked at anyway.
    if (ending.signal.aborted || poking !== null) return
    lastLookAt = clock.monotonic()
    const config = options.config()
    try {
      restore()
      if (config === null) report.clear()
      else act(decide(memory, factsNow(config)), config)
    } catch (error) {
      failed(error)
    }
  }

  /** With the first look: a database that can not be read yet keeps nobody from starting. */
  function restore(): void {
    if (isRestored) return
    memory = restoredMemory(readStatus(writer.database, MEMORY_KEY))
    noticed = memory.pokedSeq
    isRestored = true
  }

  function failed(error: unknown): void {
    if (ending.signal.aborted) return
    writer.suspect(error)
    log.error('the agent can not be woken now', { error: errorCode(error), at: errorPlace(error) })
    lookIn(LOOK_AGAIN_MS)
  }

  function act(decision: Decision, config: WakeConfig): void {
    if (decision.kind === 'poke') {
      const { reason } = decision
      poking = attempts
        .run({ reason, config, lastNumber: memory.number }, attempt => learn(reason, attempt))
        .catch(failed)
        .finally(() => {
          poking = null
          lookIn(LOOK_MS)
        })
      return
    }
    report.show(decision, { memory, trouble })
    const untilMs = 'untilMs' in decision ? decision.untilMs : null
    lookIn(Math.min(LOOK_AGAIN_MS, Math.max(0, (untilMs ?? Number.POSITIVE_INFINITY) - clock.now())))
  }

  function factsNow(config: WakeConfig): PokeFacts {
    const { database } = writer
    const now = clock.now()
    const newestUnread = unread.newest(database, config.muted)
    followMessages(newestUnread, now)
    followPosition(now)
    const since = new Date(now - 2 * BRAKE_MS).toISOString()
    return {
      now,
      newestUnread,
      firstNewAt,
      lastNewAt,
      alert: relayAlert() ?? loginAlert(),
      recentPokes: recentPokes(database, { since, limit: BRAKE_POKES }),
      quietHours: config.quietHours,
      notBefore: trouble === null ? null : now + Math.max(0, trouble.retryAt - clock.monotonic()),
    }
  }

  function relayAlert(): PokeFacts['alert'] {
    const { alert, isUp } = relay.look(options.relayState())
    if (isUp && (memory.toldRefused || memory.toldDown)) remember({ toldRefused: false, toldDown: false })
    const isTold = alert === 'token_refused' ? memory.toldRefused : memory.toldDown
    return isTold ? null : alert
  }

  function loginAlert(): PokeFacts['alert'] {
    const signedOut = options.signedOut()
    const toldLogins = memory.toldLogins.filter(account => signedOut.includes(account))
    if (toldLogins.length < memory.toldLogins.length) remember({ toldLogins })
    return signedOut.length > toldLogins.length ? 'login_needed' : null
  }

  function followMessages(newestUnread: number | null, now: number): void {
    if (newestUnread === null) {
      firstNewAt = null
      lastNewAt = null
    } else if (newestUnread > noticed) {
      noticed = newestUnread
      firstNewAt ??= now
      lastNewAt = now
    }
  }

  function followPosition(now: number): void {
    const { seq, received } = readPosition(writer.database, AGENT)
    const position = `${seq}/${received}`
    if (position === memory.position) return
    if (memory.position === '') remember({ position })
    else remember({ position, readAt: now, pokesSinceRead: 0 })
  }

  function learn(reason: PokeReason, { outcome, number, at, tries }: Attempt): void {
    const wait = waitAfter(outcome, tries, () => clock.random())
    trouble = troubleOf(outcome, clock.monotonic() + wait)
    remember({
      number,
      lastTry: { at: utcSeconds(at), outcome: outcome.reason ?? outcome.kind, httpStatus: outcome.httpStatus },
      ...(trouble === null ? taken(reason, at) : {}),
    })
  }

  function taken(reason: PokeReason, at: number): Partial<WakeMemory> {
    if (reason === 'token_refused') return { lastPokeAt: at, toldRefused: true }
    if (reason === 'stream_down') return { lastPokeAt: at, toldDown: true }
    if (reason === 'login_needed') return { lastPokeAt: at, toldLogins: options.signedOut() }
    // Nobody has looked since: whatever came meanwhile is noticed by the next look.
    firstNewAt = null
    lastNewAt = null
    return { lastPokeAt: at, pokedSeq: noticed, pokesSinceRead: memory.pokesSinceRead + 1 }
  }

  function remember(change: Partial<WakeMemory>): void {
    memory = { ...memory, ...change }
    board.post(MEMORY_KEY, { ...memory })
  }

  lookIn(0)
  return {
    kick() {
      if (options.config() !== null) lookIn(Math.max(0, lastLookAt + LOOK_MS - clock.monotonic()))
    },
    configChanged() {
      trouble = null
      attempts.forget()
      lookIn(0)
    },
    async stop() {
      ending.abort(new DOMException('The daemon stops', 'AbortError'))
      next?.cancel()
      await poking
    },
  }
}
