import type { Config } from '../../core/config.ts'
import { errorCode, errorPlace } from '../../core/errors.ts'
import { userKey } from '../../protocol/ilink/account.ts'
import { keepBridgePositions } from '../../store/bridge.ts'
import { followAnswers } from './follow.ts'
import { createInbound } from './inbound.ts'
import type { BridgeOptions, Routes } from './parts.ts'
import { createRecipient, type Recipient, type RecipientState } from './recipient.ts'

export type { BridgeOptions, BridgeReach } from './parts.ts'

/**
 * Passes messages on as the routes say: notices of what comes in elsewhere to people on WeChat, and their answers to
 * people on the relay. It reads behind the store like every projection. Only what was received is passed on, and never to
 * where it came from; what the bridge sends is never read again, so no two routes can feed each other.
 */
export interface Bridge {
  /** The configuration in force; null: there has never been a valid one. */
  apply(config: Config | null): void
  /** Something was committed. Returns at once. */
  kick(): void
  /** They wrote: what waited for that goes out. @param account `wechat:main` */
  wrote(account: string, users: readonly string[]): void
  /** Ends the work in hand, and notes how far it came. */
  stop(): Promise<void>
}

/** What comes together is looked at together. */
const LOOK_MS = 20
const RETRY_MS = 2000
/** Of what has not changed but for a count, `status` is told so often. */
const COUNTS_MS = 10_000

/** An account that is being started says who scanned in a moment. */
const LOGIN_MS = 10_000

const STATUS = 'bridge'

/** What `status` was told, and without the counts. */
interface Told {
  readonly whole: string | null
  readonly shape: string | null
}

/** Whatever that was. */
const OF_EARLIER: Told = { whole: null, shape: null }
const NOTHING: Told = { whole: null, shape: null }

interface Known {
  readonly recipient: Recipient
  readonly account: string
  readonly user: string
}

export function createBridge(options: BridgeOptions): Bridge {
  const { writer, clock, log, board } = options
  const inbound = createInbound(options)
  const recipients = new Map<string, Known>()
  let routes: Routes = []
  let kept = ''
  let told: Told = OF_EARLIER
  let toldAt = Number.NEGATIVE_INFINITY
  let next: { readonly at: number; cancel(): void } | null = null
  let running: Promise<void> | null = null
  let again = false
  let stopped = false

  function lookIn(ms: number): void {
    const at = clock.monotonic() + ms
    if (stopped || (next !== null && next.at <= at)) return
    next?.cancel()
    next = { at, cancel: clock.after(ms, begin) }
  }

  function begin(): void {
    next?.cancel()
    next = null
    running ??= work()
      .catch(failed)
      .finally(() => {
        running = null
        if (again) lookIn(LOOK_MS)
        again = false
      })
  }

  function kick(): void {
    if (routes.length === 0) return
    if (running !== null) again = true
    else lookIn(LOOK_MS)
  }

  function failed(error: unknown): void {
    if (stopped) return
    writer.suspect(error)
    log.error('messages can not be bridged now', { error: errorCode(error), at: errorPlace(error) })
    lookIn(RETRY_MS)
  }

  async function work(): Promise<void> {
    inbound.apply(routes)
    const nobody = follow()
    await keepPositions(nobody)
    const waitMs = await inbound.work()
    if (routes.length > 0) await followAnswers(options)
    const states = new Map<string, RecipientState>()
    for (const { recipient, account, user } of recipients.values()) {
      if (stopped) return
      states.set(`wechat:${account}/${user}`, await recipient.work())
    }
    for (const account of nobody)
      states.set(`wechat:${account}/me`, { waiting: 0, waitingFor: 'login', againMs: LOGIN_MS })
    report(states)
    const soonest = [...states.values()].reduce(
      (least, { againMs }) => Math.min(least, againMs ?? least),
      waitMs ?? Number.POSITIVE_INFINITY,
    )
    if (soonest !== Number.POSITIVE_INFINITY) lookIn(soonest)
  }

  /** Brings about the recipients that the routes name. @returns accounts of which nobody knows who scanned */
  function follow(): ReadonlySet<string> {
    const wanted = new Map<string, { account: string; user: string; routes: Routes[number][] }>()
    const nobody = new Set<string>()
    for (const route of routes) {
      if (route.to.kind !== 'wechat') continue
      const { account } = route.to
      const user = route.to.user ?? options.ownUser(account)
      if (user === null) {
        nobody.add(account)
        continue
      }
      // One person is told once, however many routes lead there.
      const reader = `to:${account}/${userKey(user)}`
      const known = wanted.get(reader)
      if (known === undefined) wanted.set(reader, { account, user, routes: [route] })
      else known.routes.push(route)
    }
    for (const reader of recipients.keys()) if (!wanted.has(reader)) recipients.delete(reader)
    for (const [reader, { routes: own, ...who }] of wanted) {
      const known = recipients.get(reader) ?? { ...who, recipient: createRecipient({ ...who, reader }, options) }
      recipients.set(reader, known)
      known.recipient.follow(own)
    }
    return nobody
  }

  async function keepPositions(nobody: ReadonlySet<string>): Promise<void> {
    const answers = routes.some(({ to }) => to.kind === 'relay')
    const wanted = JSON.stringify([answers, [...recipients.keys()], [...nobody]])
    if (wanted === kept) return
    await writer.write(database =>
      keepBridgePositions(database, name => {
        if (name === inbound.reader) return answers
        return recipients.has(name) || [...nobody].some(account => name.startsWith(`to:${account}/`))
      }),
    )
    kept = wanted
  }

  function report(states: ReadonlyMap<string, RecipientState>): void {
    if (routes.length === 0) {
      if (told !== NOTHING) board.remove(STATUS).catch(failed)
      told = NOTHING
      return
    }
    const all = [...states].map(([to, { waiting, waitingFor }]) => ({ to, waiting, waiting_for: waitingFor }))
    const facts = {
      routes: routes.length,
      waiting: all.reduce((sum, one) => sum + one.waiting, 0),
      waiting_for: all.find(one => one.waiting_for !== null)?.waiting_for ?? null,
      recipients: all,
    }
    const whole = JSON.stringify(facts)
    const shape = JSON.stringify([routes.length, all.map(one => [one.to, one.waiting > 0, one.waiting_for])])
    if (whole === told.whole) return
    const earlyMs = toldAt + COUNTS_MS - clock.monotonic()
    if (shape === told.shape && earlyMs > 0) {
      lookIn(earlyMs)
      return
    }
    told = { whole, shape }
    toldAt = clock.monotonic()
    board.post(STATUS, facts)
  }

  return {
    apply(config) {
      routes = config?.routes ?? []
      if (routes.length === 0 && told === NOTHING) return
      if (running !== null) again = true
      else begin()
    },
    kick,
    wrote(account, users) {
      const keys = new Set(users.map(userKey))
      for (const known of recipients.values()) {
        if (`wechat:${known.account}` === account && keys.has(userKey(known.user))) known.recipient.wrote()
      }
      kick()
    },
    async stop() {
      stopped = true
      next?.cancel()
      next = null
      await running
      await inbound.settle()
      for (const { recipient } of recipients.values()) await recipient.settle()
    },
  }
}
