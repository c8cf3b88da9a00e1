import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { systemClock } from '../../scripts/core/clock.ts'
import {
  type Bot,
  type IlinkSimulator,
  type Settings,
  startIlinkSimulator,
} from '../../scripts/embedded/ilink/simulator.ts'
import type { SendParams, SendResult } from '../../scripts/engine/actions/send.ts'
import { askDaemon, BrokenOffError, NobodyThereError } from '../../scripts/server/control-client.ts'
import { readControlPlace } from '../../scripts/store/control-place.ts'
import { type Database, openForReading } from '../../scripts/store/database.ts'
import { type Child, startProgram, untilRunning } from '../support/child.ts'
import type { SeededRandom } from '../support/seeded-random.ts'
import type { FolderView } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'
import { assertJsonWhole } from './verdict.ts'
import { wechatFolder } from './wechat-folder.ts'

/** Short enough that a round meets several polls, long enough that most kills meet one that is held. */
const HOLD_MS = 300
/** As on the wire (IL §12), only sooner: a campaign sends thousands of parts. */
const GAP_MS = 60
/** Timers may be a little early. */
const SHORTEST_GAP_MS = GAP_MS - 10

/** Of an account's people: the one who scanned is the first. */
const PEERS = 3

/** An owner with an account at WeChat and a daemon in a process of its own, and people who write and are written to. */
export interface WechatHousehold {
  readonly view: FolderView
  readonly simulator: IlinkSimulator
  readonly bot: Bot
  /** As WeChat spells them. */
  readonly people: readonly string[]
  /** What people wrote, by its mark, in the order of their writing. */
  readonly written: ReadonlyMap<string, Written>
  /** What the owner had sent, in no order. */
  readonly orders: readonly Order[]
  readonly kills: number
  /** How often a message was said to wait for its recipient. */
  readonly parked: number
  /** Each of these messages from somebody else; all of them leave in one answer, if one poll has room for them. */
  write(count: number, random: SeededRandom): void
  /** One message of this one. */
  writeFrom(user: string): void
  /** People write in bursts until the returned function is called. */
  flood(random: SeededRandom): () => Promise<void>
  /** Has the daemon send it, whoever has been killed meanwhile: the same again under the same request id. */
  order(order: Order): void
  start(): Promise<Child>
  /** kill -9. Resolves when the server knows that nobody polls any more. */
  kill(): Promise<void>
  /** SIGTERM. */
  stop(): Promise<void>
  /** Resolves when the phones have nothing left to be fetched and, as they go on writing, nothing waits to be sent. */
  settle(): Promise<void>
  /** As it is now. */
  reading<T>(read: (database: Database) => T): T
}

export interface Written {
  readonly user: string
  readonly messageId: string
}

export interface Order {
  readonly requestId: string
  readonly user: string
  readonly text: string
  /** Where it lies, and its digest. */
  readonly file: { readonly path: string; readonly sha256: string } | null
}

export interface WechatHouseholdOptions {
  readonly number: number
  readonly cursorMode: Settings['cursorMode']
}

export async function createWechatHousehold(
  t: TestContext,
  { number, cursorMode }: WechatHouseholdOptions,
): Promise<WechatHousehold> {
  const simulator = await startIlinkSimulator({
    holdMs: HOLD_MS,
    seed: number,
    settings: { cursorMode, shortestGapMs: SHORTEST_GAP_MS, sendAnswer: 'in turn' },
  })
  t.after(() => simulator.close())
  const { controls, phone } = simulator
  const people = Array.from({ length: PEERS }, (_, n) => `Person-${number}-${n}@im.wechat`)
  const [owner = assert.fail(), ...others] = people
  const bot = controls.bind(owner)
  const view = await wechatFolder([{ name: 'main', bot }], {
    baseUrl: simulator.url,
    wechat: { cdnUrl: simulator.cdnUrl, allow: others, gapMs: GAP_MS, retrySeconds: 1 },
  })

  const written = new Map<string, Written>()
  const orders: Order[] = []
  const ordering = new Set<Promise<void>>()
  let daemon: Child | undefined
  let kills = 0
  let parked = 0
  let over = false
  t.after(() => {
    over = true
    daemon?.kill('SIGKILL')
  })

  function writeFrom(user: string): void {
    const mark = `w${written.size + 1};`
    const { messageId } = phone.write({ kind: 'text', text: `${mark}你好，在吗？` }, { from: user, bot: bot.id })
    written.set(mark, { user, messageId })
  }

  function write(count: number, random: SeededRandom): void {
    phone.together(() => {
      for (let n = 0; n < count; n++) writeFrom(random.pick(people))
    })
  }

  /** @returns whether it was heard to its end */
  async function send({ requestId, user, text, file }: Order): Promise<boolean> {
    const place = readControlPlace(view.folder)
    if (place === null) return false
    const params: SendParams = { to: `wechat:main/${user}`, text, file: file?.path, requestId }
    const request = { token: place.token, action: 'send', params }
    try {
      const result = (await askDaemon(place.socket, request, { signal: NEVER })) as SendResult
      if (result.parked !== null) parked++
      return true
    } catch (error) {
      if (error instanceof NobodyThereError || error instanceof BrokenOffError) return false
      throw error
    }
  }

  async function insist(order: Order): Promise<void> {
    while (!over && !(await send(order))) await systemClock.sleep(20)
  }

  function reading<T>(read: (database: Database) => T): T {
    const database = openForReading(view.folder.file('state.db'))
    assert.ok(database !== null)
    try {
      return read(database)
    } finally {
      database.close()
    }
  }

  const isAllRead = () => controls.waiting(bot.id) === 0 && controls.held(bot.id) > 0

  /** Those who must write before they can be written to again. */
  const awaited = () => people.filter(user => reading(database => isAwaited(database, user)))
  const isAllSent = () =>
    reading(database => database.get("SELECT 1 FROM outbox WHERE state IN ('queued', 'sending') LIMIT 1")) === undefined

  /** Nothing that stands in a file is ever changed, the torn end after a kill only completed. */
  let stood: readonly Buffer[] = []
  function assertOnlyGrown(): void {
    const paths = (['inbox_pushed.md', 'conversations.md'] as const).map(name => view.folder.file(name))
    const stands = paths.map(name => (existsSync(name) ? readFileSync(name) : Buffer.alloc(0)))
    for (const [i, before] of stood.entries()) assert.ok(stands[i]?.subarray(0, before.length).equals(before))
    stood = stands
  }

  function running(): Child {
    assert.ok(daemon !== undefined, 'a daemon was started')
    return daemon
  }

  return {
    view,
    simulator,
    bot,
    people,
    written,
    orders,
    get kills() {
      return kills
    },
    get parked() {
      return parked
    },
    write,
    writeFrom,
    flood(random) {
      let flooding = true
      const work = (async () => {
        while (flooding && !over) {
          write(random.between(1, 12), random)
          await systemClock.sleep(random.below(25))
        }
      })()
      return () => {
        flooding = false
        return work
      }
    },
    order(order) {
      orders.push(order)
      const work = insist(order).finally(() => ordering.delete(work))
      ordering.add(work)
    },
    async start() {
      daemon = startProgram(['sse', '--data-dir', view.folder.path, '--no-identity-lock'])
      await untilRunning(daemon)
      return daemon
    },
    async kill() {
      running().kill('SIGKILL')
      assert.equal(await running().ended, 'SIGKILL')
      kills++
      await waitFor('the server to notice', () => controls.held(bot.id) === 0)
      assertJsonWhole(view)
      assertOnlyGrown()
    },
    async stop() {
      running().kill('SIGTERM')
      assert.equal(await running().ended, 0, running().stderr())
      assertOnlyGrown()
    },
    async settle() {
      const patience = { limitMs: 60_000, everyMs: 50 }
      await waitFor('the mail to be fetched', isAllRead, patience)
      await waitFor(
        'everything to be sent',
        () => {
          for (const user of awaited()) writeFrom(user)
          return ordering.size === 0 && isAllSent()
        },
        patience,
      )
      await waitFor('the last mail to be fetched', isAllRead, patience)
    },
    reading,
  }
}

const NEVER = new AbortController().signal

function isAwaited(database: Database, user: string): boolean {
  const row = database.get("SELECT 1 FROM outbox WHERE parked = 'peer' AND recipient = ?", `wechat:main/${user}`)
  return row !== undefined
}
