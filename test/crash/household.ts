import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { systemClock } from '../../scripts/core/clock.ts'
import { startRelay } from '../../scripts/embedded/relay/server.ts'
import { type Network, type RelayUser, registerUser } from '../../scripts/embedded/relay-user.ts'
import { type Child, startProgram, starvedMsOf, untilRunning } from '../support/child.ts'
import { createOracle, type Oracle } from '../support/oracle.ts'
import { FULL } from '../support/scale.ts'
import { campaignSeed, type SeededRandom, seededRandom } from '../support/seeded-random.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type FolderView, viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'
import { assertJsonWhole, assertProjected, assertWhole, judge, summaryOf, type Verdict } from './verdict.ts'

/** An owner with a daemon in a process of its own, and a friend who writes to them. */
export interface Household {
  readonly view: FolderView
  readonly oracle: Oracle
  /** The marks of what the relay took from the friend. */
  readonly accepted: ReadonlySet<string>
  /** Everything that the relay took stands in both files, once. */
  isComplete(): boolean
  /** The friend writes so many messages, all at the same time. */
  write(count: number, characters?: number): Promise<void>
  /** The friend writes in bursts whenever the owner seems to listen, until the returned function is called. */
  flood(random: SeededRandom): () => Promise<void>
  /** Resolves when the daemon runs. */
  start(): Promise<Child>
  /** Resolves at once, with a process that has only just begun. */
  spawn(): Child
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  /** kill -9. Resolves when the relay knows that nobody listens any more. */
  kill(): Promise<void>
  /** SIGTERM. Resolves with the milliseconds that the end took. */
  stop(): Promise<number>
}

export function openNetwork(t: TestContext): Network {
  const transport = createTransport({ http: '', https: '', except: '' })
  t.after(() => transport.close())
  return { fetch: transport.fetch, clock: systemClock }
}

/** Two users who may write to each other. */
export async function befriended(
  url: string,
  network: Network,
  suffix = '',
): Promise<{ me: RelayUser; peer: RelayUser }> {
  const me = await registerUser(url, { name: `me${suffix}` }, network)
  const peer = await registerUser(url, { name: `peer${suffix}` }, network)
  await peer.send(me.id, 'hello')
  await me.send(peer.id, 'hello')
  return { me, peer }
}

export function createHousehold(
  t: TestContext,
  { me, peer, url, oracle }: { me: RelayUser; peer: RelayUser; url: string; oracle: Oracle },
): Household {
  const path = join(temporaryFolder(), 'openwechat_im_client')
  const view = viewOf(path)
  view.writeConfig({ base_url: url, token: me.token })
  const accepted = new Set<string>()
  let written = 0
  let daemon: Child | undefined
  let over = false
  t.after(() => {
    over = true
    daemon?.kill('SIGKILL')
  })

  async function write(count: number, characters = 0): Promise<void> {
    const one = async () => {
      const mark = `m${++written};`
      await peer.send(me.id, mark.padEnd(characters, '好'))
      accepted.add(mark)
    }
    await Promise.all(Array.from({ length: count }, one))
  }

  /** Nothing that stands in a file is ever changed, the torn end after a kill only completed. */
  let stood: readonly Buffer[] = []
  function assertOnlyGrown(): void {
    const paths = (['inbox_pushed.md', 'conversations.md'] as const).map(name => view.folder.file(name))
    const stands = paths.map(name => (existsSync(name) ? readFileSync(name) : Buffer.alloc(0)))
    for (const [i, before] of stood.entries()) assert.ok(stands[i]?.subarray(0, before.length).equals(before))
    stood = stands
  }

  function spawn(): Child {
    const child = startProgram(['sse', '--data-dir', path, '--no-identity-lock'])
    oracle.begin(() => starvedMsOf(child))
    daemon = child
    return child
  }

  function running(): Child {
    assert.ok(daemon !== undefined, 'a daemon was started')
    return daemon
  }

  return {
    view,
    oracle,
    accepted,
    isComplete() {
      const { missing, twice } = judge(view, { accepted, sure: () => accepted })
      assert.deepEqual(twice, [])
      return missing.length === 0
    },
    write,
    flood(random) {
      let flooding = true
      const work = (async () => {
        while (flooding && !over) {
          if (oracle.online) await write(random.between(1, 6))
          await systemClock.sleep(random.below(30))
        }
      })()
      return () => {
        flooding = false
        return work
      }
    },
    spawn,
    async start() {
      const child = spawn()
      await untilRunning(child)
      return child
    },
    signal(name) {
      if (name === 'SIGSTOP') oracle.cut()
      running().kill(name)
      if (name === 'SIGCONT') oracle.goOn()
    },
    async kill() {
      oracle.cut()
      running().kill('SIGKILL')
      assert.equal(await running().ended, 'SIGKILL')
      await waitFor('the relay to notice', () => !oracle.online)
      assertJsonWhole(view)
      assertOnlyGrown()
    },
    async stop() {
      oracle.ask()
      const before = performance.now()
      running().kill('SIGTERM')
      assert.equal(await running().ended, 0, running().stderr())
      const took = performance.now() - before
      await waitFor('the relay to notice', () => !oracle.online)
      assertOnlyGrown()
      return took
    },
  }
}

export interface Campaign {
  readonly rounds: number
  /** Households that go through their rounds side by side: most of a round is waiting. */
  readonly lanes: number
  /** What stands between the daemons and the relay. */
  readonly inFront?: (relayUrl: string) => Promise<string>
  /** Whatever the relay took has to arrive: no round leaves anything inside the window. */
  readonly everything?: boolean
  /** One daemon's life, from before its start to after its end. */
  readonly round: (home: Household, random: SeededRandom) => Promise<void>
}

/** Runs the rounds, lets a last daemon fetch what is left, and holds the files against the oracle. */
export async function runCampaign(t: TestContext, campaign: Campaign): Promise<void> {
  const seed = campaignSeed()
  const oracles: Oracle[] = []
  const relay = await startRelay({
    rateLimit: false,
    observe: event => {
      for (const oracle of oracles) oracle.observe(event)
    },
  })
  t.after(() => relay.close())
  const network = openNetwork(t)
  const url = (await campaign.inFront?.(relay.url)) ?? relay.url

  async function lane(number: number): Promise<Household> {
    const { me, peer } = await befriended(relay.url, network, String(number))
    const oracle = createOracle(me.id)
    oracles.push(oracle)
    const home = createHousehold(t, { me, peer, url, oracle })
    const random = seededRandom(seed + number)
    for (let round = number; round < campaign.rounds; round += campaign.lanes) await campaign.round(home, random)
    await fetchTheRest(home)
    return home
  }

  const lanes = await Promise.allSettled(Array.from({ length: campaign.lanes }, (_, number) => lane(number)))
  const homes = lanes.map(one => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
  const verdicts = homes.map(({ view, accepted, oracle }) =>
    campaign.everything === true
      ? judge(view, { accepted, sure: () => accepted })
      : judge(view, { accepted, sure: oracle.sure, timely: oracle.timely() }),
  )
  t.diagnostic(`${campaign.rounds} rounds (seed ${seed}): ${summaryOf(verdicts)}; ${windowOf(homes, verdicts)}`)
  for (const [i, { view, oracle, accepted }] of homes.entries()) {
    const unseen = [...accepted].filter(mark => !oracle.knows(mark))
    assert.deepEqual(unseen, [], 'accepted, and the relay never said what became of it')
    const { lost = [], late = [], twice = [] } = verdicts[i] ?? {}
    assert.deepEqual(lost.map(oracle.explain), [], 'lost')
    assert.deepEqual(twice.map(oracle.explain), [], 'twice')
    assertWhole(view)
    assertProjected(view)
    for (const mark of late) t.diagnostic(`late: ${oracle.explain(mark)}`)
  }
  const total = (of: (one: Verdict) => number) => verdicts.reduce((sum, one) => sum + of(one), 0)
  const sure = total(one => one.sure)
  const late = total(one => one.late.length)
  // The short form may meet a slow disk in one round or two; a daemon that dawdles is late in all of them.
  assert.ok(late <= (FULL ? 0 : sure / 4), `${late} messages were late`)
  assert.ok(sure >= campaign.rounds, 'enough is sure for the campaign to mean something')
}

/** The true size of the window: what was given to a daemon right before its end, or before the relay noticed that. */
function windowOf(homes: readonly Household[], verdicts: readonly Verdict[]): string {
  const margins = verdicts.flatMap(({ missing }, i) => missing.map(mark => homes[i]?.oracle.marginMs(mark) ?? 0))
  const before = margins.filter(ms => ms >= 0)
  if (before.length === 0) return `${margins.length} given too late to be read`
  return `${before.length} in the window of ${Math.round(Math.max(...before))} ms, ${margins.length - before.length} given too late to be read`
}

async function fetchTheRest(home: Household): Promise<void> {
  await home.start()
  await waitFor('the relay to have nothing left', () => home.oracle.waiting === 0, { limitMs: 60_000 })
  await home.stop()
}
