import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { addressKey } from '../../scripts/core/address.ts'
import type { Party } from '../../scripts/core/message.ts'
import type { DaemonOptions } from '../../scripts/daemon/options.ts'
import {
  type Bot,
  type Controls,
  type IlinkSimulator,
  type Phone,
  type SimulatorOptions,
  startIlinkSimulator,
} from '../../scripts/embedded/ilink/simulator.ts'
import { askDaemon } from '../../scripts/server/control-client.ts'
import { readControlPlace } from '../../scripts/store/control-place.ts'
import { createDataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { openForReading, openForWriting } from '../../scripts/store/database.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { readStatus } from '../../scripts/store/status.ts'
import { saveWechatAccount } from '../../scripts/store/wechat-accounts.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { startTestDaemon, type TestDaemon, viewOf } from './test-daemon.ts'
import { turns, waitFor } from './wait-for.ts'

/** A whole daemon with accounts at the simulator, and a clock that both share and only the test moves. */
export interface WechatScene extends TestDaemon {
  readonly simulator: IlinkSimulator
  readonly phone: Phone
  readonly controls: Controls
  readonly clock: FakeClock
  /** By the name of the account. */
  readonly bots: ReadonlyMap<string, Bot>
  /** Has the running daemon do something, while time passes. */
  ask<T>(action: string, params: object, stepMs?: number): Promise<T>
  /** What `status` would show of an account. */
  statusOf(name: string): Readonly<Record<string, unknown>>
  /** `address content` and what is out of the ordinary, as `conversations.md` has it. */
  lines(): string[]
  until(name: string, condition: () => boolean, stepMs?: number): Promise<void>
  /** So long passes while polls are held, and stands still while they are answered: hours take no time, and time nothing out. */
  pass(ms: number): Promise<void>
  /** Every account is polled now. */
  listening(): Promise<void>
  /** The credentials of a bot, as a login would bring them. */
  credentials(bot: Bot): object
  /** Saves another configuration while the daemon runs. */
  configure(sections: Readonly<Record<string, unknown>>): void
  /** A second folder with the same accounts, and a daemon of its own. */
  twin(): Promise<WechatScene>
  /** The same folder and the same simulator, and a new daemon. */
  restart(): Promise<WechatScene>
  /** The daemon ends, while time passes. */
  end(): Promise<void>
  /** The server ends and starts again, at the same address, with what its `db` holds. */
  restartServer(): Promise<void>
}

export interface WechatSceneOptions extends Partial<DaemonOptions> {
  /** Names, each with a bot of its own. */
  readonly accounts?: readonly string[]
  readonly simulate?: SimulatorOptions
  /** Sections of `config.json`. */
  readonly config?: Readonly<Record<string, unknown>>
}

export async function startWechatScene(t: TestContext, options: WechatSceneOptions = {}): Promise<WechatScene> {
  const { accounts = ['main'], simulate, config, ...daemonOptions } = options
  const clock = createFakeClock({ random: everNew() })
  const server = await startServer(t, { clock, ...simulate })
  const transport = createTransport({ http: '', https: '', except: '' })
  t.after(() => transport.close())
  const bots = new Map(accounts.map(name => [name, server.current.controls.bind(`Owner-${name}@im.wechat`)]))
  const path = makeFolder(bots, server.current)
  return run(t, { path, clock, server, bots, fetch: transport.fetch, config, daemonOptions })
}

interface TestServer {
  readonly current: IlinkSimulator
  restart(): Promise<void>
}

async function startServer(t: TestContext, options: SimulatorOptions): Promise<TestServer> {
  const open = async (more: SimulatorOptions) => {
    const simulator = await startIlinkSimulator({ ...options, ...more })
    t.after(() => simulator.close())
    return simulator
  }
  let current = await open({})
  return {
    get current() {
      return current
    },
    async restart() {
      assert.ok(options.db !== undefined, 'a server without a file forgets everything')
      const [port, redirectPort] = [current.url, current.redirectUrl].map(url => Number(new URL(url).port))
      await current.close()
      current = await open({ port: port ?? 0, redirectPort: redirectPort ?? 0 })
    },
  }
}

/** As logins would have left it. */
function makeFolder(bots: ReadonlyMap<string, Bot>, { url: baseUrl }: IlinkSimulator): string {
  const path = join(temporaryFolder(), 'openwechat_im_client')
  const folder = dataFolderAt(path)
  createDataFolder(folder)
  const database = openForWriting(folder.file('state.db'), migrate)
  for (const [name, { id: botId, token, userId }] of bots) {
    saveWechatAccount(database, { name, botId, token, userId, baseUrl, savedAt: '2026-03-09T09:00:00Z' })
  }
  database.close()
  return path
}

interface Parts {
  readonly path: string
  readonly clock: FakeClock
  readonly server: TestServer
  readonly bots: Map<string, Bot>
  readonly fetch: DaemonOptions['fetch']
  readonly config: WechatSceneOptions['config']
  readonly daemonOptions: Partial<DaemonOptions>
}

async function run(t: TestContext, parts: Parts): Promise<WechatScene> {
  const { path, clock, server, bots, fetch, config = {}, daemonOptions } = parts
  function configure({ wechat, ...sections }: Readonly<Record<string, unknown>>): void {
    viewOf(path).writeConfig({
      base_url: 'https://YOUR_RELAY_SERVER:8000',
      token: 'replace_with_token',
      ...sections,
      wechat: { baseUrl: server.current.url, cdnUrl: server.current.cdnUrl, ...(wechat as object | undefined) },
    })
  }

  configure(config)
  const options = { path, clock, fetch, ...daemonOptions }
  const daemon = await startTestDaemon(t, options)

  async function until(name: string, condition: () => boolean, stepMs = 50): Promise<void> {
    await waitFor(name, condition, { everyMs: 1, meanwhile: () => clock.advance(stepMs) })
  }

  function statusOf(name: string): Readonly<Record<string, unknown>> {
    const database = openForReading(daemon.folder.file('state.db'))
    try {
      return (database === null ? undefined : readStatus(database, `adapter:wechat:${name}`)) ?? {}
    } finally {
      database?.close()
    }
  }

  async function listening(): Promise<void> {
    await until('held polls', () => arePolling(), 10)
  }

  function arePolling(): boolean {
    return [...bots.values()].every(({ id }) => server.current.controls.held(id) > 0)
  }

  async function end(): Promise<void> {
    let isDone = false
    void daemon.stop().finally(() => {
      isDone = true
    })
    await until('the stop', () => isDone, 20)
  }

  return {
    ...daemon,
    get simulator() {
      return server.current
    },
    get phone() {
      return server.current.phone
    },
    get controls() {
      return server.current.controls
    },
    clock,
    bots,
    statusOf,
    until,
    async ask<T>(action: string, params: object, stepMs?: number) {
      const place = readControlPlace(daemon.folder)
      assert.ok(place !== null)
      const asked = askDaemon(place.socket, { token: place.token, action, params }, { signal: NEVER })
      let isDone = false
      const done = () => {
        isDone = true
      }
      asked.then(done, done)
      await until(`an answer to ${action}`, () => isDone, stepMs)
      return (await asked) as T
    },
    lines: () =>
      daemon.records().map(({ from, to, content, flags }) => {
        const who = to == null ? `from ${nameOf(from)}` : `to ${nameOf(to)}`
        const shown = Object.entries(flags).flatMap(([key, value]) => (key === 'seq' ? [] : ` ${key}=${value}`))
        return `${who}${shown.join('')} ${content}`
      }),
    listening,
    async pass(ms) {
      for (let left = ms; left > 0; left -= STEP_MS) {
        if (!arePolling()) await listening()
        clock.advance(Math.min(STEP_MS, left))
        await turns(1)
      }
    },
    credentials: ({ id: botId, token, userId }) => ({ botId, token, userId, baseUrl: server.current.url }),
    configure,
    twin: () => run(t, { ...parts, path: makeFolder(bots, server.current) }),
    async restart() {
      await end()
      return run(t, parts)
    },
    end,
    restartServer: server.restart,
  }
}

/** Less than what a client waits longer than a poll is held. */
const STEP_MS = 4000

const NEVER = new AbortController().signal

function nameOf(party: Party | null): string {
  return party === null ? '?' : addressKey(party.address)
}

/** Never the same number twice, and the same ones in each run. */
function everNew(): () => number {
  let last = 0
  return () => {
    last = (last + 0.618_033_988_749_895) % 1
    return last
  }
}
