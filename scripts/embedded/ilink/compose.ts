/** Puts the simulator together, without its ports. */

import type { Clock } from '../../core/clock.ts'
import { createSessionTimeouts } from './answers.ts'
import { type Bot, createBotStore } from './bots.ts'
import { createBubbleStore } from './bubbles.ts'
import { createCdnStore } from './cdn-store.ts'
import { createIds, seededChance } from './chance.ts'
import { openDatabase, readAheadMs, transaction } from './database.ts'
import { createFaultBook } from './faults.ts'
import { createMailStore } from './mail.ts'
import { createPeerStore } from './peers.ts'
import { createPolls } from './polls.ts'
import { createQrDesk } from './qr-desk.ts'
import { createRequestLog, type Origin } from './request-log.ts'
import { defaultSettings, type Settings } from './settings.ts'
import { createTypingStore } from './typing-store.ts'
import { createVirtualClock } from './virtual-clock.ts'
import type { Stores, World } from './world.ts'

export interface ComposeOptions {
  readonly clock: Clock
  /** A file that survives a restart; without one everything is in memory. */
  readonly db?: string
  /** Default true: what breaks the contract fails. */
  readonly strict?: boolean
  /** Of chance, and of deterministic ids. */
  readonly seed?: number
  readonly deterministic?: boolean
  /** How long a poll is held, of both kinds. */
  readonly holdMs?: number
  readonly settings?: Partial<Settings>
}

export interface Composed {
  readonly world: World
  /** Filled in when the ports are known. */
  readonly urls: Record<Origin, string>
  /** As it was started. */
  initialSettings(): Settings
  onChange(listener: () => void): () => void
}

export function compose(options: ComposeOptions): Composed {
  const sql = openDatabase(options.db)
  const seed = options.seed ?? 1
  const ids = createIds(sql, { seed, deterministic: options.deterministic ?? false })
  const chance = seededChance(seed)
  const clock = createVirtualClock(options.clock, readAheadMs(sql))
  const initialSettings = () => ({ ...defaultSettings(options.holdMs), ...options.settings })
  const urls: Record<Origin, string> = { main: '', redirect: '' }
  const listeners = new Set<() => void>()

  const stores: Stores = {
    sql,
    clock,
    settings: initialSettings(),
    ids,
    chance,
    log: createRequestLog(sql),
    bots: createBotStore(sql, ids),
    peers: createPeerStore(sql, ids),
    mail: createMailStore(sql, ids),
    bubbles: createBubbleStore(sql),
    cdn: createCdnStore(sql, ids),
    typing: createTypingStore(sql, ids),
    faults: createFaultBook({ now: () => clock.now(), chance }),
    isStrict: options.strict ?? true,
    urls,
    sessionTimeout: createSessionTimeouts(),
    changed() {
      for (const listener of [...listeners]) listener()
    },
  }
  const polls = createPolls(stores)
  const bind = (userId: string, origin: Origin) => takeOver(stores, { userId, origin, polls })
  return {
    world: { ...stores, polls, qrs: createQrDesk(stores, bind), bind },
    urls,
    initialSettings,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

interface Binding {
  readonly userId: string
  readonly origin: Origin
  readonly polls: World['polls']
}

/** "One WeChat account is bound to one bot instance at a time: binding elsewhere kills the earlier token" (IL §3). */
function takeOver(stores: Stores, { userId, origin, polls }: Binding): Bot {
  const { bots, peers, mail, settings, clock, sql, faults } = stores
  const before = bots.all().findLast(bot => bot.userId === userId)
  const bot = transaction(sql, () => {
    const fresh = bots.bind(userId, origin, clock.now())
    peers.join(fresh.id, userId)
    if (before !== undefined && settings.mailOnNewBot === 'moves') {
      for (const token of mail.move(before.id, fresh.id)) peers.moveToken(token, fresh.id)
    }
    return fresh
  })
  if (before !== undefined) polls.expel(before.id)
  faults.loggedIn()
  return bot
}
