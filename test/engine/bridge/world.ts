import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Contact } from '../../../scripts/core/adapter.ts'
import { type Address, addressKey, parseAddress } from '../../../scripts/core/address.ts'
import { utcSeconds } from '../../../scripts/core/clock.ts'
import { ConfigError } from '../../../scripts/core/errors.ts'
import type { Language } from '../../../scripts/core/i18n.ts'
import { createLogger } from '../../../scripts/core/logger.ts'
import type { Flags, MessageType, Via } from '../../../scripts/core/message.ts'
import { createBridge } from '../../../scripts/engine/bridge/bridge.ts'
import type { BridgeReach } from '../../../scripts/engine/bridge/parts.ts'
import { isAside } from '../../../scripts/store/aside.ts'
import { createDataFolder, dataFolderAt } from '../../../scripts/store/data-folder.ts'
import { type Database, openForWriting } from '../../../scripts/store/database.ts'
import { insertMessage } from '../../../scripts/store/messages.ts'
import type { OutboxEntry } from '../../../scripts/store/outbox.ts'
import { migrate } from '../../../scripts/store/schema.ts'
import { createWriter } from '../../../scripts/store/writer.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { turns } from '../../support/wait-for.ts'
import { configOf } from '../delivery/engine.ts'
import { createTestOutbox, type Ending } from './test-outbox.ts'

export const OWNER = 'oWner@im.wechat'
export const ME = `wechat:main/${OWNER}`
export const TO_ME = { from: 'relay', to: 'wechat:main/me' }
export const TO_RELAY = { from: 'wechat:main', to: 'relay' }
export const FRIENDS: readonly (readonly [id: number, name: string])[] = [
  [2, 'bob'],
  [3, 'carol'],
]

export interface WorldOptions {
  readonly path?: string
  readonly clock?: FakeClock
  readonly routes?: readonly object[]
  readonly sections?: object
  readonly friends?: readonly (readonly [id: number, name: string])[]
  readonly wrap?: (database: Database) => Database
  readonly language?: Language
  /** Sends that remain for each message of theirs. */
  readonly budget?: number
  /** Whether notices get a name by which they can be quoted. */
  readonly isNamed?: boolean
  /** Its machine will have no power in the end: nothing is closed, and nothing is settled. */
  readonly crashes?: boolean
}

export interface Incoming {
  readonly text?: string
  readonly name?: string
  readonly type?: MessageType
  readonly flags?: Flags
  readonly via?: Via
  /** Address; null: unverified. */
  readonly from?: string | null
}

/** A bridge on a store of its own, and an outbox whose entries the test settles. */
export function runBridge(t: TestContext, options: WorldOptions = {}) {
  const { path = join(temporaryFolder(), 'openwechat_im_client'), clock = createFakeClock(), budget = 10 } = options
  const folder = dataFolderAt(path)
  createDataFolder(folder)
  const open = () => {
    const database = openForWriting(folder.file('state.db'), migrate)
    database.exec('PRAGMA synchronous = OFF')
    return options.wrap?.(database) ?? database
  }
  const writer = createWriter({
    open,
    replaceCorrupt: () => {
      throw new Error('not expected')
    },
    clock,
    onFault: () => {},
    onRecovered: () => {},
  })
  const log = createLogger({ clock, level: 'silent', write: () => {} })
  const status = new Map<string, Readonly<Record<string, unknown>>>()
  const used = new Map<string, number>()
  let friends = options.friends ?? FRIENDS
  let registered = true
  let owner: string | null = OWNER
  let closed: Exclude<BridgeReach['kind'], 'open'> | null = null
  /** Settles what waits by itself. */
  let ending: ((entry: OutboxEntry) => Ending | 'stays') | null = options.crashes === true ? null : () => 'accepted'

  const wechat = (account: string) => {
    if (account !== 'main' || owner === null) throw new ConfigError('no such account')
  }
  const sent = createTestOutbox({ writer, clock, isNamed: options.isNamed ?? true }, to => {
    if (to.scheme === 'relay' && !registered) throw new ConfigError('not registered')
    if (to.scheme === 'wechat') wechat(to.account)
  })
  const { entries } = sent
  const bridge = createBridge({
    writer,
    clock,
    log,
    board: {
      post: (key, facts) => void status.set(key, facts),
      async remove(key) {
        status.delete(key)
      },
    },
    outbox: sent,
    reach(account, user) {
      wechat(account)
      if (closed !== null) return { kind: closed }
      const remaining = budget - (used.get(user.toLowerCase()) ?? 0)
      return remaining > 0 ? { kind: 'open', user, remaining, of: budget } : { kind: 'used_up' }
    },
    ownUser: account => (account === 'main' ? owner : null),
    contacts() {
      if (!registered) throw new ConfigError('not registered')
      return friends.map(
        ([id, name]): Contact => ({ address: { scheme: 'relay', id }, name, relationship: 'accepted' }),
      )
    },
    sizeOfFile: async path => (path.includes('gone') ? null : path.includes('large') ? 11_000_000 : 5),
    language: () => options.language ?? 'en',
  })
  const configure = (routes: readonly object[]) => bridge.apply(configOf({ ...options.sections, routes }))
  let ended = false
  async function end(): Promise<void> {
    if (ended) return
    ended = true
    await bridge.stop()
    await writer.close()
  }
  if (options.crashes !== true) t.after(end)

  async function settle(entry: OutboxEntry, state: Ending, detail: object = {}): Promise<number> {
    if (entry.to.scheme === 'wechat') {
      const key = entry.to.user.toLowerCase()
      used.set(key, (used.get(key) ?? 0) + 1)
    }
    const seq = await sent.settle(entry, state, detail)
    bridge.kick()
    return seq
  }

  async function step(ms: number): Promise<void> {
    clock.advance(ms)
    await turns(6)
    if (options.crashes === true) return
    for (const entry of entries()) {
      const state = entry.state === 'queued' ? (ending?.(entry) ?? 'stays') : 'stays'
      if (state !== 'stays') await settle(entry, state)
    }
  }

  async function receive(
    message: Incoming & { readonly source: string; readonly from: string | null },
  ): Promise<number> {
    const { from, source, text = 'hello', name = '', type = 'chat', flags = {}, via = 'stream' } = message
    const at = utcSeconds(clock.now())
    const address = from === null ? null : parseAddress(from)
    const seq = await writer.write(database =>
      insertMessage(database, {
        source,
        account: source,
        via,
        receivedAt: at,
        parsed: { type, at, from: address === null ? null : { address, name }, content: text, flags },
        payload: null,
        state: 'final',
        settleBy: 0,
        unresolved: false,
      }),
    )
    bridge.kick()
    return seq
  }

  const world = {
    path,
    clock,
    writer,
    bridge,
    status: () => status.get('bridge'),
    configure,
    end,
    entries,
    settle,
    /** From somebody on the relay. */
    async relay(id: number, text: string, more: Incoming = {}): Promise<number> {
      const name = friends.find(([friend]) => friend === id)?.[1] ?? `peer ${id}`
      const seq = await receive({ name, text, from: `relay:${id}`, ...more, source: 'relay' })
      await world.quiet()
      return seq
    },
    /** From the phone, which renews the budget. */
    async phone(text: string, more: Incoming = {}): Promise<number> {
      const from = more.from === undefined ? ME : more.from
      const seq = await receive({ text, via: 'wechat', ...more, from, source: 'wechat:main' })
      const user = from?.slice('wechat:main/'.length) ?? ''
      used.delete(user.toLowerCase())
      closed = closed === 'used_up' || closed === 'never_wrote' || closed === 'too_old' ? null : closed
      bridge.wrote('wechat:main', [user])
      await world.quiet()
      return seq
    },
    receive,
    /** Lets everything happen that needs no more than this. */
    async quiet(ms = 4000): Promise<void> {
      const each = Math.max(500, ms / 20)
      for (let passed = 0; passed < ms; passed += each) await step(each)
    },
    onSend(next: typeof ending) {
      ending = next
    },
    close(kind: typeof closed) {
      closed = kind
    },
    register(now: boolean) {
      registered = now
    },
    login(now: string | null) {
      owner = now
    },
    befriend(now: typeof friends) {
      friends = now
    },
    /** What was sent to WeChat, and to the relay. */
    toPhone: (address: string = ME) => contents(address),
    toRelay: (id: number) => contents(addressKey({ scheme: 'relay', id })),
    lastSeqTo: (address: string) =>
      entries().findLast(({ to }) => addressKey(to).toLowerCase() === address.toLowerCase())?.seq ?? 0,
    isAside: (seq: number) => isAside(writer.database, seq),
    requests: () => entries().map(({ requestId }) => requestId.replace(/^bridge:[0-9a-f]{16}:/, 'notice:')),
  }
  function contents(address: string): string[] {
    return entries()
      .filter(({ to }) => addressKey(to as Address).toLowerCase() === address.toLowerCase())
      .map(({ content }) => content)
  }
  configure(options.routes ?? [TO_ME, TO_RELAY])
  return world
}

export type World = ReturnType<typeof runBridge>
