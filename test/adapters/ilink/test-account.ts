/** An account that polls the simulator, and the store behind it. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createIlinkAdapter, type IlinkAdapter } from '../../../scripts/adapters/ilink/adapter.ts'
import { type IlinkSettings, ilinkSettings } from '../../../scripts/adapters/ilink/options.ts'
import { createTransport } from '../../../scripts/adapters/transport.ts'
import type { AdapterContext } from '../../../scripts/core/adapter.ts'
import { createBell } from '../../../scripts/core/bell.ts'
import type { Clock } from '../../../scripts/core/clock.ts'
import { USUAL_WECHAT } from '../../../scripts/core/config/wechat.ts'
import type { FetchLike } from '../../../scripts/core/fetch.ts'
import { createLogger } from '../../../scripts/core/logger.ts'
import {
  type Bot,
  type Controls,
  type IlinkSimulator,
  type Phone,
  type SimulatorOptions,
  startIlinkSimulator,
} from '../../../scripts/embedded/ilink/simulator.ts'
import { createContext } from '../../../scripts/engine/context.ts'
import { createIngest } from '../../../scripts/engine/ingest.ts'
import { createStatusBoard } from '../../../scripts/engine/status-board.ts'
import { createChannelLog } from '../../../scripts/projections/channel-log.ts'
import type { Credentials } from '../../../scripts/protocol/ilink/login.ts'
import { createDataFolder, type DataFolder, dataFolderAt } from '../../../scripts/store/data-folder.ts'
import { type Database, openForWriting } from '../../../scripts/store/database.ts'
import { nodeFiles } from '../../../scripts/store/files.ts'
import { dueMessages, type StoredMessage } from '../../../scripts/store/messages.ts'
import { migrate } from '../../../scripts/store/schema.ts'
import { readStatus } from '../../../scripts/store/status.ts'
import { createWriter } from '../../../scripts/store/writer.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

export interface World {
  readonly simulator: IlinkSimulator
  readonly phone: Phone
  readonly controls: Controls
  readonly clock: FakeClock
  readonly fetch: FetchLike
  readonly folder: DataFolder
  readonly bot: Bot
}

/** A simulator with one bot, and a clock that both sides share. */
export async function startWorld(t: TestContext, options: SimulatorOptions = {}): Promise<World> {
  const clock = createFakeClock({ random: everNew() })
  const simulator = await startIlinkSimulator({ clock, ...options })
  t.after(() => simulator.close())
  const transport = createTransport({ http: '', https: '', except: '' })
  t.after(() => transport.close())
  const folder = dataFolderAt(join(temporaryFolder(), 'openwechat_im_client'))
  createDataFolder(folder)
  const { phone, controls } = simulator
  return { simulator, phone, controls, clock, folder, fetch: transport.fetch, bot: controls.bind() }
}

export interface Account {
  readonly ctx: AdapterContext
  readonly adapter: IlinkAdapter
  /** Of whom the adapter said that they wrote. */
  readonly wrote: readonly (readonly string[])[]
  readonly logs: readonly string[]
  /** Messages as an agent would see them, with what is still being looked up left out. */
  shown(): readonly StoredMessage[]
  texts(): string[]
  status(): Readonly<Record<string, unknown>>
  state(): unknown
  /** Until it holds, while time passes. */
  until(name: string, condition: () => boolean, stepMs?: number): Promise<void>
  /** A poll is held by the server now. */
  listening(): Promise<void>
  /** Takes other credentials. */
  login(credentials: Credentials): void
  set(settings: Partial<IlinkSettings>): void
  /** Ends the adapter, and waits for it. */
  stop(): Promise<void>
  /** Ends everything without a word, as a kill would. */
  kill(): void
  file(path: string): Buffer
}

export interface AccountOptions {
  readonly fetch?: FetchLike
  readonly settings?: Partial<IlinkSettings>
  readonly credentials?: Credentials
  readonly clock?: Clock
  /** Stands between the store and SQLite. */
  readonly wrap?: (database: Database) => Database
}

export function credentialsOf({ simulator }: Pick<World, 'simulator'>, bot: Bot): Credentials {
  return { botId: bot.id, token: bot.token, userId: bot.userId, baseUrl: simulator.url }
}

export function startAccount(t: TestContext, world: World, options: AccountOptions = {}): Account {
  const { simulator, folder, controls } = world
  const { wrap = (database: Database) => database } = options
  const clock = options.clock ?? world.clock
  const logs: string[] = []
  const log = createLogger({ clock, level: 'debug', write: line => logs.push(line) })
  const writer = createWriter({
    open() {
      const database = wrap(openForWriting(folder.file('state.db'), migrate))
      database.exec('PRAGMA synchronous = OFF')
      return database
    },
    replaceCorrupt: () => assert.fail('not expected'),
    clock,
    onFault: reason => assert.ok(isDead || options.wrap !== undefined, reason),
    onRecovered: () => {},
  })
  const channelLog = createChannelLog({ path: folder.file('sse_channel.log'), files: nodeFiles, clock, onFault() {} })
  const board = createStatusBoard({ writer, clock, log, onCommit: () => {} })
  const ingest = createIngest({ writer, clock, onCommit: () => {} })
  const end = new AbortController()
  let isDead = false
  /** Who was killed asks nobody any more, and hears no answer. */
  const fetch: FetchLike = async (url, init) => {
    if (isDead) return new Promise(() => {})
    const answer = await (options.fetch ?? world.fetch)(url, init)
    return isDead ? new Promise(() => {}) : answer
  }
  const ctx = createContext(
    { folder, clock, fetch, log, channelLog, board, ingest },
    { name: 'wechat:main', account: 'main', signal: end.signal },
  )

  let credentials = options.credentials ?? credentialsOf(world, world.bot)
  let settings: IlinkSettings = { ...ilinkSettings(USUAL_WECHAT, 'main'), ...options.settings }
  const changed = createBell()
  const wrote: (readonly string[])[] = []
  const adapter = createIlinkAdapter({
    account: 'main',
    facts: { clientVersion: '2.4.9', botAgent: 'Test/1.0' },
    cdnUrl: simulator.cdnUrl,
    credentials: () => credentials,
    settings: () => settings,
    changed,
    onWrote: users => void wrote.push(users),
  })
  const running = ingest.resume().then(() => adapter.run(ctx))
  let failure: unknown
  running.catch(error => {
    failure = error
  })

  async function until(name: string, condition: () => boolean, stepMs = 0): Promise<void> {
    const meanwhile = () => world.clock.advance(stepMs)
    await waitFor(name, condition, { everyMs: 1, ...(stepMs === 0 ? {} : { meanwhile }) })
    if (failure !== undefined && !isDead) throw failure
  }

  async function stop(): Promise<void> {
    if (isDead) return
    isDead = true
    end.abort(new DOMException('Stopped', 'AbortError'))
    isDead = false
    await running
    isDead = true
    await ingest.stop()
    await channelLog.close()
    await writer.close()
  }
  t.after(stop)

  const status = () => readStatus(writer.database, 'adapter:wechat:main') ?? {}
  const shown = () => dueMessages(writer.database, 0, 10_000)
  return {
    ctx,
    adapter,
    wrote,
    logs,
    shown,
    texts: () => shown().map(({ content }) => content),
    status,
    state: () => status()['state'],
    until,
    listening: () => until('a held poll', () => controls.held(world.bot.id) > 0),
    login(fresh) {
      credentials = fresh
      changed.ring()
    },
    set(change) {
      settings = { ...settings, ...change }
      changed.ring()
    },
    stop,
    kill() {
      isDead = true
      writer.database.close()
      end.abort(new DOMException('Killed', 'AbortError'))
    },
    file: path => readFileSync(join(folder.path, path)),
  }
}

/** Never the same number twice, and the same ones in each run. */
function everNew(): () => number {
  let last = 0
  return () => {
    last = (last + 0.618_033_988_749_895) % 1
    return last
  }
}

export function assertSound({ controls }: World): void {
  assert.deepEqual(controls.violations(), [])
}

export function write({ phone }: World, ...texts: string[]): void {
  for (const text of texts) phone.write({ kind: 'text', text })
}

/** All have come, and each once: a last one is written and waited for, behind which nothing of them can follow. */
export async function assertTexts(world: World, account: Account, texts: readonly string[]): Promise<void> {
  write(world, 'last')
  await account.until('the last one', () => account.texts().includes('last'), 250)
  assert.deepEqual(account.texts(), [...texts, 'last'])
}
