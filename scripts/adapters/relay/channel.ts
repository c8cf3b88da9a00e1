import type { AdapterContext } from '../../core/adapter.ts'
import { createBell, onEveryRing, sleepOrBell } from '../../core/bell.ts'
import { isAbort } from '../../core/errors.ts'
import type { Cut } from '../../protocol/sse-guard.ts'
import { createChannelReport } from './channel-report.ts'
import { createLives, type Live } from './lives.ts'
import { createOverlap } from './overlap.ts'
import { createReconnect, endReason } from './reconnect.ts'
import type { RelayOptions } from './settings.ts'
import { openStream, type StreamEnd } from './stream.ts'
import { type DropReason, nextStep, SILENT_MS, type Step } from './stream-rule.ts'
import { createWakeWatch } from './wake-watch.ts'

/**
 * Keeps the relay pushing to us (RC §7.3): one stream, a second one only beside an old one that is not trusted any
 * more, never more than two. What to do next is decided in `stream-rule`; here it is done, and each turn of events is a
 * line in `sse_channel.log`.
 */
export interface Channel {
  /** Runs until the signal aborts. */
  run(): Promise<void>
  /** A routine look into the inbox found something that should have been pushed (RC §7.3.3). */
  deaf(): void
}

export interface ChannelEvents {
  onMessage(payload: string, cut: Cut | null): void
  /** A stream is there: the inbox has to be emptied once. */
  onUp(): void
  onDown(): void
  /** The only stream is silent, and there is no second one. */
  onDoubt(): void
  /** The relay's line at the start of a stream. */
  onLog(text: string): void
  /** The token is not valid there. */
  onRefused(): void
  onCopy(): void
  roomForMore(): Promise<void> | undefined
  /** Whether the relay answers at all, asked in a way that costs it nothing. */
  reachable(): Promise<boolean>
}

/** So long without trouble and the next trouble is a new one (design §3). */
const HEALTHY_MS = 60_000
/** A relay that has not answered after this long is frozen or far away (RC §2: 2 s freezes add up). */
const PATIENCE_MS = 15_000
/** Only a stream that is older than this can be called deaf: a send that was under way may still have been stored. */
const DEAF_AGE_MS = 60_000
/** Of two silent streams one is exchanged at most this often (design §3). */
const REPLACE_EVERY_MS = 45_000
/** While the relay can not be reached at all it is asked again this often. */
const UNREACHABLE_MS = 5000
/** A machine that slept is noticed after so long at the latest. */
const LOOK_EVERY_MS = 10_000

export function createChannel(options: RelayOptions, ctx: AdapterContext, events: ChannelEvents): Channel {
  const { clock, signal } = ctx
  const overlap = createOverlap(clock)
  const lives = createLives(clock)
  const reconnect = createReconnect(ctx)
  const report = createChannelReport(ctx, lives)
  const changed = createBell()
  const wake = createWakeWatch(clock)
  const endings = new Set<Promise<void>>()
  let opened = 0
  let replaceAt = 0
  let secondRefused = false

  const now = () => clock.monotonic()

  function open(): void {
    reconnect.begin()
    const name = `s${++opened}`
    const [other] = lives.all
    // Registration comes before the answer, so counting starts before the request (RC §7.3.5).
    if (other !== undefined) overlap.begin(name, other.name)
    report.asking(name)
    const stream = openStream({
      url: `${options.baseUrl}/stream`,
      token: options.token,
      fetch: ctx.fetch,
      clock,
      onMessage(payload, cut) {
        if (overlap.isCopy(name, payload)) events.onCopy()
        else events.onMessage(payload, cut)
      },
      onLog: events.onLog,
      onBytes: () => heard(live),
      roomForMore: events.roomForMore,
    })
    const live = lives.add(name, stream)
    const ending = follow(live).finally(() => endings.delete(ending))
    endings.add(ending)
  }

  /** One stream from its request to its end. */
  async function follow(live: Live): Promise<void> {
    // The wait for the head goes on, but not without looking into the inbox.
    const cancelPatience = clock.after(PATIENCE_MS, () => (lives.connected() === null ? events.onDown() : doubt()))
    const connected = await live.stream.connected
    cancelPatience()
    if (connected) isUp(live)
    const end = await live.stream.ended
    lives.remove(live)
    overlap.end(live.name)
    if (connected) lost(live, end)
    else if (!signal.aborted) failed(live, end)
    changed.ring()
  }

  function isUp(live: Live): void {
    const first = lives.connected() === null
    lives.isConnected(live)
    secondRefused = false
    report.up(live, { first, attempts: reconnect.attempts })
    report.state('connected', null)
    events.onUp()
    changed.ring()
  }

  function heard(live: Live): void {
    report.byte()
    const silentMs = lives.heard(live)
    if (!live.toldSilent) return
    const noneWasHeard = lives.allSilent()
    live.toldSilent = false
    report.heardAgain(live, silentMs)
    if (noneWasHeard) {
      secondRefused = false
      reconnect.cancel()
      report.state('connected', null)
      // Whatever the relay stored while it took us for gone.
      events.onUp()
    }
    changed.ring()
  }

  function failed(live: Live, end: StreamEnd): void {
    report.failed(live, end)
    // An older relay allows one stream an address (RC §11): the one that is there is kept for a while.
    if (end.kind === 'stream_limit' && lives.connected() !== null) secondRefused = true
    if (lives.connected() !== null) doubt()
    else down(end)
    if (!secondRefused) planRetry(end)
  }

  function doubt(): void {
    if (lives.allSilent()) events.onDoubt()
  }

  function lost(live: Live, end: StreamEnd): void {
    const reason = signal.aborted ? 'stopped' : endReason(end)
    if (lives.connected() !== null) {
      if (!live.dropped) report.dropped(live, reason)
      return
    }
    report.lost(live, live.dropped ? 'dropped' : reason)
    if (signal.aborted) return
    forgive(live)
    secondRefused = false
    down(end)
    // A request that is under way already is the next try.
    if (lives.all.length === 0) planRetry(end)
  }

  /** After a minute of health the next trouble is a new one. */
  function forgive(live: Live): void {
    if (lives.ageMs(live) >= HEALTHY_MS) reconnect.forgive()
  }

  function down(end: StreamEnd): void {
    report.state('disconnected', endReason(end))
    events.onDown()
  }

  function planRetry(end: StreamEnd): void {
    reconnect.plan(end)
    if (end.kind !== 'unauthorized') return
    ctx.status({ state: 'token_refused' })
    events.onRefused()
  }

  async function drop(live: Live, reason: DropReason): Promise<void> {
    report.dropped(live, reason)
    live.dropped = true
    live.stream.close()
    await live.stream.ended
  }

  /** What has become silent since the last look. */
  function tellSilence(): void {
    for (const live of lives.all) {
      if (live.connectedAt === null || live.toldSilent || lives.silentMs(live) < SILENT_MS) continue
      live.toldSilent = true
      forgive(live)
      report.silent(live)
      if (lives.allSilent()) report.state('silent', 'no_byte_from_the_relay')
    }
  }

  /** The machine slept, and no timer with it: connections of before the sleep are not trusted. */
  function afterSleep(): void {
    const sleptMs = wake.sleptMs()
    if (sleptMs === 0) return
    ctx.log.info('this machine slept; the stream is looked after', { seconds: Math.round(sleptMs / 1000) })
    lives.distrust(SILENT_MS)
    reconnect.hurry()
  }

  async function act(step: Step): Promise<void> {
    switch (step.kind) {
      case 'open':
        open()
        return
      case 'drop': {
        const live = lives.all[step.index]
        if (live !== undefined) await drop(live, step.reason)
        return
      }
      case 'replace_older':
        await replaceOlder()
        return
      case 'wait': {
        const rang = await sleepOrBell(changed, Math.min(step.ms, LOOK_EVERY_MS), { clock, signal })
        // A process that was stopped finds its timers due before it has read what came meanwhile.
        if (!rang) await settle()
      }
    }
  }

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) await new Promise<void>(resolve => clock.afterTurn(resolve))
  }

  async function replaceOlder(): Promise<void> {
    const reachable = await events.reachable()
    replaceAt = now() + (reachable ? REPLACE_EVERY_MS : UNREACHABLE_MS)
    // One of them may have been heard while we asked.
    const step = nextStep({ ...view(), replaceInMs: 0 })
    const [older] = lives.all
    if (!reachable || step.kind !== 'replace_older' || older === undefined) return
    await drop(older, 'both_silent')
    open()
  }

  function view() {
    return {
      streams: lives.all.map(lives.view),
      retryInMs: reconnect.inMs,
      replaceInMs: replaceAt - now(),
      secondRefused,
    }
  }

  async function keepOpen(): Promise<void> {
    while (!signal.aborted) {
      afterSleep()
      tellSilence()
      await act(nextStep(view()))
    }
  }

  return {
    deaf() {
      for (const live of lives.all) {
        if (live.deaf || live.connectedAt === null || lives.ageMs(live) <= DEAF_AGE_MS) continue
        live.deaf = true
        report.deaf(live)
      }
      changed.ring()
    },
    async run() {
      // A change of the configuration is a good moment for another try.
      const stopListening = onEveryRing(options.configChanged, () => {
        if (reconnect.hurry()) changed.ring()
      })
      try {
        await keepOpen()
      } catch (error) {
        if (!isAbort(error) && !signal.aborted) throw error
      } finally {
        stopListening()
        for (const { stream } of lives.all) stream.close()
        await Promise.all(endings)
      }
    },
  }
}
