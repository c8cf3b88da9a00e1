import type { AdapterContext } from '../../../core/adapter.ts'
import { type Bell, createBell, sleepOrBell } from '../../../core/bell.ts'
import { errorCode } from '../../../core/errors.ts'
import { userKey } from '../../../protocol/ilink/account.ts'
import type { IlinkOptions } from '../options.ts'
import { createLines, type Line, type NotShown } from './lines.ts'

/** Shows people that we write, for as long as somebody holds it so (IL §9). It never stands in the way of a message. */
export interface Typing {
  /** Until `stop`, a message to them, or the cap. Resolves when the phone was told, or could not be. */
  start(user: string, ctx: AdapterContext, options?: { readonly forMs?: number }): Promise<TypingOutcome>
  stop(user: string, ctx: AdapterContext): Promise<TypingOutcome>
}

export type TypingOutcome =
  | { readonly kind: 'shown' }
  | { readonly kind: 'ended' }
  /** A message to them is under way, and shows it too. */
  | { readonly kind: 'still_shown' }
  | { readonly kind: 'not_shown'; readonly reason: NotShown }

export interface TypingHolds extends Typing {
  /** Beside a message that goes out to them: from `show` to `end`, which nobody waits for. */
  beside(user: string, ctx: AdapterContext): { show(): void; end(): void }
  /** Resolves when no phone has to be told anything any more. */
  settled(): Promise<void>
}

/** "Keep-alive every 5 s during a turn, then one cancel." */
const KEEP_ALIVE_MS = 5000
/** An agent that has gone away says nothing, and a phone would show it for hours. */
const CAP_MS = 600_000
/** What is shorter is over before anybody looks. */
const SHORT_MS = 1000

interface Hold {
  /** By the monotonic clock. */
  readonly until: number
  readonly isManual: boolean
}

/** What one phone shows. */
interface Shown {
  readonly holds: Set<Hold>
  /** Rings when holds come or go. */
  readonly changed: Bell
  /** What came of telling it so last; null: nothing is told. */
  last: TypingOutcome | null
  /** Of the next time. */
  told: PromiseWithResolvers<TypingOutcome>
  ended: PromiseWithResolvers<TypingOutcome>
  /** Somebody waits for the next time. */
  isAsked: boolean
}

export function createTyping(options: IlinkOptions): TypingHolds {
  const lines = createLines(options)
  const shown = new Map<string, Shown>()
  const working = new Set<Promise<void>>()

  function hold(user: string, ctx: AdapterContext, held: Hold): Shown {
    const running = shown.get(userKey(user))
    if (running !== undefined) {
      running.holds.add(held)
      running.changed.ring()
      return running
    }
    const one: Shown = {
      holds: new Set([held]),
      changed: createBell(),
      last: null,
      told: Promise.withResolvers(),
      ended: Promise.withResolvers(),
      isAsked: false,
    }
    shown.set(userKey(user), one)
    const work: Promise<void> = keepShown(user, one, ctx)
      .catch(error => ctx.log.error('typing could not be ended', { error: errorCode(error) }))
      .finally(() => working.delete(work))
    working.add(work)
    return one
  }

  function release(user: string, isMeant: (held: Hold) => boolean): Shown | undefined {
    const one = shown.get(userKey(user))
    for (const held of one?.holds ?? []) if (isMeant(held)) one?.holds.delete(held)
    one?.changed.ring()
    return one
  }

  /** Whoever holds it while it is being ended begins it anew, after that. */
  async function keepShown(user: string, one: Shown, ctx: AdapterContext): Promise<void> {
    try {
      while (leftMs(one, ctx) > 0 && !ctx.signal.aborted) {
        const line = await show(user, one, ctx)
        const { ended } = one
        const said = line === null ? 'ended' : await line.cancel(ctx)
        one.last = null
        one.ended = Promise.withResolvers()
        ended.resolve(said === 'ended' ? { kind: 'ended' } : { kind: 'not_shown', reason: said })
      }
    } finally {
      shown.delete(userKey(user))
      one.told.resolve({ kind: 'ended' })
      one.ended.resolve({ kind: 'ended' })
    }
  }

  /** While it is held. Gives the line on which it may show; null: it shows on none. */
  async function show(user: string, one: Shown, ctx: AdapterContext): Promise<Line | null> {
    const { clock, signal, log } = ctx
    let used: Line | null = null
    try {
      while (leftMs(one, ctx) > 0) {
        const line = lines.to(user, ctx)
        const said = typeof line === 'string' ? line : await line.show(signal)
        if (typeof line !== 'string' && (said === 'shown' || said === 'no_answer')) used = line
        if (said !== 'shown') log.debug('typing is not shown', { reason: said })
        const { told } = one
        one.last = said === 'shown' ? { kind: said } : { kind: 'not_shown', reason: said }
        one.told = Promise.withResolvers()
        one.isAsked = false
        told.resolve(one.last)
        const next = clock.monotonic() + KEEP_ALIVE_MS
        for (let ms = KEEP_ALIVE_MS; ms > 0 && !one.isAsked && leftMs(one, ctx) > 0; ms = next - clock.monotonic()) {
          await sleepOrBell(one.changed, Math.min(ms, leftMs(one, ctx)), { clock, signal })
        }
      }
    } catch (error) {
      if (!signal.aborted) log.error('typing could not be shown', { error: errorCode(error) })
      one.holds.clear()
    }
    return used
  }

  return {
    async start(user, ctx, { forMs = CAP_MS } = {}) {
      const until = ctx.clock.monotonic() + Math.min(forMs, CAP_MS)
      const own: Hold = { until, isManual: true }
      const one = hold(user, ctx, own)
      if (one.last?.kind === 'shown') return one.last
      one.isAsked = true
      one.changed.ring()
      const told = await one.told.promise
      if (told.kind !== 'shown') release(user, held => held === own)
      return told
    },
    async stop(user) {
      const one = release(user, held => held.isManual)
      if (one === undefined) return { kind: 'ended' }
      return one.holds.size > 0 ? { kind: 'still_shown' } : one.ended.promise
    },
    beside(user, ctx) {
      let own: Hold | null = null
      function show(): void {
        cancel()
        if (own !== null) return
        own = { until: ctx.clock.monotonic() + CAP_MS, isManual: false }
        hold(user, ctx, own)
      }
      const cancel = ctx.clock.after(SHORT_MS, show)
      return {
        show,
        end() {
          cancel()
          release(user, held => held === own || held.isManual)
        },
      }
    },
    async settled() {
      await Promise.all(working)
    },
  }
}

/** How long it is still held. */
function leftMs({ holds }: Shown, { clock }: AdapterContext): number {
  let until = Number.NEGATIVE_INFINITY
  for (const held of holds) until = Math.max(until, held.until)
  const left = until - clock.monotonic()
  if (left <= 0) holds.clear()
  return left
}
