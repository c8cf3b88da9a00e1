import type { Later, Parked } from '../../core/adapter.ts'
import { addressKey } from '../../core/address.ts'
import { utcSeconds } from '../../core/clock.ts'
import { ConfigError, errorCode, errorPlace } from '../../core/errors.ts'
import {
  nextOnWechat,
  type OutboxEntry,
  orphansOnWechat,
  putBack,
  release,
  requeueOnWechat,
} from '../../store/outbox.ts'
import type { WechatSession } from '../wechat/session.ts'
import { hearOut, MOST_AT_ONCE, type QueueParts, RETRY_MS, type SendQueue } from './queue.ts'
import { sendEntry } from './send-entry.ts'
import { type FinalOutcome, settle, withdraw } from './settlement.ts'

/**
 * What we send to people on WeChat. An id of the message's own lets the same request be made again without being shown
 * again (IL §6), so what has an unknown outcome is repeated; what may not be sent now waits, and what is behind it with it.
 */
export interface WechatQueue extends SendQueue {
  /** They have written: what waited for that is tried. */
  peersWrote(sink: string, users: readonly string[]): void
  /** Somebody has logged in. */
  loggedIn(sink: string): void
}

/** The wall clock may be set: nothing is waited for longer than this without a look at it. */
const LONGEST_WAIT_MS = 60_000

/** @param session throws ConfigError where there is no such account */
export function createWechatQueue(parts: QueueParts, session: (name: string) => WechatSession): WechatQueue {
  const { writer, clock, log, announce } = parts
  const ending = new AbortController()
  const underWay = new Map<string, { readonly sink: string; readonly done: Promise<void> }>()
  /** How often something was set free, by account: what is parked in the same moment must not miss it. */
  const freed = new Map<string, number>()
  let stopped = false
  let cancelTimer: (() => void) | undefined

  function pump(): void {
    if (stopped) return
    cancelTimer?.()
    cancelTimer = undefined
    try {
      let soonest = Number.POSITIVE_INFINITY
      const now = clock.now()
      for (const entry of nextOnWechat(writer.database)) {
        const peer = addressKey(entry.to)
        if (underWay.has(peer) || isBusy(entry.sink)) continue
        if (entry.nextAt > now) soonest = Math.min(soonest, entry.nextAt - now)
        else underWay.set(peer, { sink: entry.sink, done: attempt(entry, peer) })
      }
      if (soonest !== Number.POSITIVE_INFINITY) lookAgain(soonest)
    } catch (error) {
      failed(error)
    }
  }

  /** Each account has its own turn: one that is slow holds up no other. */
  function isBusy(sink: string): boolean {
    let busy = 0
    for (const one of underWay.values()) if (one.sink === sink) busy++
    return busy >= MOST_AT_ONCE
  }

  function lookAgain(ms: number): void {
    if (!stopped) cancelTimer ??= clock.after(Math.min(ms, LONGEST_WAIT_MS), pump)
  }

  async function attempt(entry: OutboxEntry, peer: string): Promise<void> {
    let isWell = true
    await deliver(entry).catch(error => {
      isWell = false
      failed(error)
    })
    underWay.delete(peer)
    // What could not even be looked after would be tried again in the same moment.
    if (isWell) pump()
  }

  function failed(error: unknown): void {
    writer.suspect(error)
    log.error('messages can not be sent now', { error: errorCode(error), at: errorPlace(error) })
    lookAgain(RETRY_MS)
  }

  async function deliver(entry: OutboxEntry): Promise<void> {
    const freedBefore = freed.get(entry.sink)
    const used = sessionOf(entry)
    const outcome =
      used === null
        ? ({ kind: 'parked', until: 'login', reason: 'no_account' } as const)
        : await sendEntry(entry, used, { ...parts, signal: ending.signal, progress: parts.progress(entry.id) })
    if (outcome.kind === 'parked' && freed.get(entry.sink) !== freedBefore)
      await setAside(entry, { ...outcome, kind: 'later', afterMs: 0 })
    else if (outcome.kind === 'later' || outcome.kind === 'parked') await setAside(entry, outcome)
    else await end(entry, outcome)
    announce()
  }

  function sessionOf({ to }: OutboxEntry): WechatSession | null {
    if (to.scheme !== 'wechat') return null
    try {
      return session(to.account)
    } catch (error) {
      if (error instanceof ConfigError) return null
      throw error
    }
  }

  async function setAside(entry: OutboxEntry, outcome: Later | Parked): Promise<void> {
    const { kind, reason } = outcome
    const detail = {
      ...(reason === undefined ? {} : { reason }),
      ...(kind === 'parked' && outcome.parts !== undefined ? { parts: outcome.parts } : {}),
    }
    await writer.write(database =>
      kind === 'later'
        ? putBack(database, entry.id, { nextAt: clock.now() + outcome.afterMs, detail })
        : putBack(database, entry.id, { parked: outcome.until, detail }),
    )
    log.info('a message waits', { entry: entry.id, outcome: kind, reason: reason ?? null })
  }

  async function end(entry: OutboxEntry, outcome: FinalOutcome): Promise<void> {
    await writer.write(database => settle(database, entry, { outcome, ...present() }))
    log.info('a message was sent', { entry: entry.id, outcome: outcome.kind })
  }

  function present() {
    return { now: utcSeconds(clock.now()), claimed: parts.claimed() }
  }

  function free(what: Parameters<typeof release>[1]): void {
    freed.set(what.sink, (freed.get(what.sink) ?? 0) + 1)
    writer.write(database => release(database, what)).then(pump, failed)
  }

  return {
    from(to) {
      const { account } = session(to.scheme === 'wechat' ? to.account : '')
      return { sink: account, account }
    },
    async start() {
      await writer.write(database => {
        requeueOnWechat(database)
        // A logout that was killed before it came to them.
        for (const id of orphansOnWechat(database)) withdraw(database, id, { reason: 'logged_out', ...present() })
      })
      announce()
      pump()
    },
    pump,
    isUnderWay: ({ to }) => underWay.has(addressKey(to)),
    throttledMs: () => 0,
    peersWrote: (sink, users) => free({ sink, until: 'peer', users }),
    loggedIn: sink => free({ sink, until: 'login', users: null }),
    async stop() {
      stopped = true
      cancelTimer?.()
      await hearOut(
        [...underWay.values()].map(({ done }) => done),
        { clock, ending },
      )
    },
  }
}
