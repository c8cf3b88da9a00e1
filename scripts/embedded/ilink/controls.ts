/** What a test or a demo does to the server (duty L). */

import type { Bot } from './bots.ts'
import type { Composed } from './compose.ts'
import { emptyDatabase, keepAheadMs } from './database.ts'
import type { FaultHandle, FaultRule } from './faults.ts'
import type { Handout } from './mail.ts'
import { DEFAULT_USER } from './phone.ts'
import type { Qr } from './qr-desk.ts'
import type { LoggedRequest, Origin, Violation } from './request-log.ts'
import type { CursorMode, SecondPoller, Settings } from './settings.ts'

export interface RedeliverOptions {
  readonly afterMs?: readonly number[]
  /** Nothing but `message_id` differs. */
  readonly freshIds?: boolean
}

export interface Controls {
  set(settings: Partial<Settings>): void
  setSecondPoller(mode: SecondPoller): void
  setCursorMode(mode: CursorMode, options?: RedeliverOptions): void
  fault(rule: FaultRule): FaultHandle

  /** A login without a QR code. */
  bind(user?: string, origin?: Origin): Bot
  /** Living and dead, in the order of their binding. */
  bots(): Bot[]
  /** The token is no good any more, and no other takes its place. */
  revoke(token: string): void
  /** The code that was asked for last. */
  lastQr(): Qr | null
  expireQr(qrcode: string): void

  now(): number
  advance(ms: number): void
  setClock(at: number): void

  /** With an ending of a path only those: `sendmessage`. */
  requests(pathEnd?: string): LoggedRequest[]
  requestCount(pathEnd?: string): number
  violations(): Violation[]
  /** Which messages went out when, and whether their cursor came back. */
  handouts(botId: string): Handout[]
  /** Messages that no poll has taken yet. */
  waiting(botId: string): number
  /** Polls that are held now. */
  held(botId: string): number
  /** Polls that came while another of the same bot was held. */
  secondPolls(): number
  /** Resolves as soon as it holds; it is looked at after everything that happens here. */
  until(condition: () => boolean, signal?: AbortSignal): Promise<void>
  /** As if it had just been started with an empty database. */
  reset(): void
}

export function createControls({ world, initialSettings, onChange }: Composed): Controls {
  const { clock, settings, bots, polls, qrs, mail, log, faults, sql } = world

  function advance(ms: number): void {
    clock.advance(ms)
    keepAheadMs(sql, clock.aheadMs())
    world.changed()
  }

  return {
    set(changes) {
      Object.assign(settings, changes)
    },
    setSecondPoller(mode) {
      settings.secondPoller = mode
    },
    setCursorMode(mode, { afterMs = settings.redeliverAfterMs, freshIds = false } = {}) {
      Object.assign(settings, { cursorMode: mode, redeliverAfterMs: afterMs, redeliverFreshIds: freshIds })
    },
    fault: faults.add,
    bind: (user = DEFAULT_USER, origin = 'main') => world.bind(user, origin),
    bots: bots.all,
    revoke(token) {
      bots.revoke(token)
      const bot = bots.byToken(token)
      if (bot !== null) polls.expel(bot.id)
    },
    lastQr: qrs.last,
    expireQr: qrs.expire,
    now: clock.now,
    advance,
    setClock: at => advance(at - clock.now()),
    requests: log.requests,
    requestCount: log.count,
    violations: log.violations,
    handouts: mail.handouts,
    waiting: mail.countWaiting,
    held: polls.held,
    secondPolls: polls.secondPolls,
    until: (condition, signal) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (condition()) end(resolve)
        }
        const onAbort = () => end(() => reject(signal?.reason))
        const forget = onChange(look)
        function end(settle: () => void): void {
          forget()
          signal?.removeEventListener('abort', onAbort)
          settle()
        }
        signal?.addEventListener('abort', onAbort, { once: true })
        look()
      }),
    reset() {
      polls.drop()
      faults.clear()
      emptyDatabase(sql)
      Object.assign(settings, initialSettings())
      world.changed()
    },
  }
}
