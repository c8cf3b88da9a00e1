import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type IlinkSimulator, startIlinkSimulator } from '../../scripts/embedded/ilink/simulator.ts'
import type { WechatSaved } from '../../scripts/engine/actions/wechat.ts'
import { askDaemon } from '../../scripts/server/control-client.ts'
import { readControlPlace } from '../../scripts/store/control-place.ts'
import { startDaemonProcess } from '../support/child.ts'
import { FULL } from '../support/scale.ts'
import { campaignSeed, type SeededRandom, seededRandom } from '../support/seeded-random.ts'
import type { FolderView } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'
import { assertWhole } from './verdict.ts'
import { credentialsOf, type SignedIn, wechatFolder } from './wechat-folder.ts'
import { judgeReceived } from './wechat-verdict.ts'

const ACCOUNTS = 20
const PEERS = 4
const EACH = FULL ? 2000 : 50
const timeout = 30 * 60_000

interface Account extends SignedIn {
  readonly people: readonly string[]
}

interface World {
  readonly view: FolderView
  readonly simulator: IlinkSimulator
  /** At the start; the last one is going to leave. */
  readonly accounts: readonly Account[]
  /** Comes later. */
  readonly joiner: Account
  ask<T>(action: string, params: object): Promise<T>
}

async function startWorld(t: TestContext): Promise<World> {
  const simulator = await startIlinkSimulator({ holdMs: 500, settings: { cursorMode: 'replay' } })
  t.after(() => simulator.close())
  const [joiner = assert.fail(), ...accounts] = Array.from({ length: ACCOUNTS + 1 }, (_, n): Account => {
    const people = Array.from({ length: PEERS }, (_, p) => `Person-${n}-${p}@im.wechat`)
    return { name: `account-${n}`, bot: simulator.controls.bind(people[0]), people }
  })
  const view = await wechatFolder(accounts, {
    baseUrl: simulator.url,
    wechat: { cdnUrl: simulator.cdnUrl, allow: [joiner, ...accounts].flatMap(({ people }) => people) },
  })
  return {
    view,
    simulator,
    accounts,
    joiner,
    async ask<T>(action: string, params: object) {
      const place = readControlPlace(view.folder) ?? assert.fail('the daemon runs')
      const request = { token: place.token, action, params }
      return (await askDaemon(place.socket, request, { signal: new AbortController().signal })) as T
    },
  }
}

/** Each person's messages to each of these, all mixed up; by mark. */
function createCrowd({ phone }: IlinkSimulator, random: SeededRandom) {
  const written = new Map<string, { user: string }>()
  return {
    written,
    /** One message to one of these accounts, by one of its people. */
    write(among: readonly Account[]): void {
      const { bot, people } = random.pick(among)
      const user = random.pick(people)
      const mark = `w${written.size + 1};`
      written.set(mark, { user })
      phone.write({ kind: 'text', text: `${mark}你好` }, { from: user, bot: bot.id })
    },
  }
}

test('twenty accounts beside each other: once, in order, and undisturbed by who comes and who goes', {
  timeout,
}, async t => {
  const seed = campaignSeed()
  const world = await startWorld(t)
  const { view, simulator, accounts, joiner, ask } = world
  const { controls } = simulator
  const staying = accounts.slice(0, -1)
  const leaver = accounts.at(-1) ?? assert.fail()
  const crowd = createCrowd(simulator, seededRandom(seed))
  const daemon = await startDaemonProcess(view.folder.path, { args: ['--no-identity-lock'] })
  const isPolled = ({ bot }: Account) => controls.held(bot.id) > 0

  const total = ACCOUNTS * EACH
  async function write(count: number, among: readonly Account[]): Promise<void> {
    for (let n = 0; n < count; n++) {
      crowd.write(among)
      // Polls are answered meanwhile.
      if (n % 50 === 0) await new Promise(resolve => setImmediate(resolve))
    }
  }
  await write(total / 2, accounts)
  await waitFor('the mail of who leaves', () => isPolled(leaver) && controls.waiting(leaver.bot.id) === 0)
  const [saved, out] = await Promise.all([
    ask<WechatSaved>('wechat-save', { name: joiner.name, credentials: credentialsOf(joiner.bot, simulator.url) }),
    ask<{ account: string }>('wechat-logout', { account: leaver.name }),
    write(total / 4, staying),
  ])
  assert.deepEqual([saved.account, out.account], [joiner.name, leaver.name])
  await write(total / 4, [...staying, joiner])
  await waitFor(
    'all mail',
    () => [...staying, joiner].every(one => isPolled(one) && controls.waiting(one.bot.id) === 0),
    {
      limitMs: 60_000,
    },
  )
  const bots = new Map(controls.bots().map(bot => [bot.id, bot]))
  const notices = ({ bot: { id } }: Account) => [bots.get(id)?.starts, bots.get(id)?.stops]
  for (const one of [...staying, joiner]) assert.deepEqual(notices(one), [1, 0], one.name)
  assert.deepEqual(notices(leaver), [1, 1])
  assert.equal(controls.held(leaver.bot.id), 0)
  assert.equal(controls.secondPolls(), 0)

  daemon.kill('SIGTERM')
  assert.equal(await daemon.ended, 0, daemon.stderr())
  const { arrived, missing, twice, misordered } = judgeReceived(view, { written: crowd.written, excused: new Set() })
  t.diagnostic(
    `${ACCOUNTS} accounts, ${crowd.written.size} messages (seed ${seed}): ${arrived} arrived, ${twice.length} twice, ${misordered.length} out of order`,
  )
  assert.deepEqual({ missing, twice, misordered }, { missing: [], twice: [], misordered: [] })
  assert.deepEqual(controls.violations(), [])
  assertWhole(view)
})
