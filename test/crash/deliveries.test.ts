import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../scripts/core/clock.ts'
import { startRelay } from '../../scripts/embedded/relay/server.ts'
import { type RelayUser, registerUser } from '../../scripts/embedded/relay-user.ts'
import { type Database, openForReading } from '../../scripts/store/database.ts'
import { sinkStates } from '../../scripts/store/sinks.ts'
import { portForLong } from '../support/listen.ts'
import { createOracle, type Oracle } from '../support/oracle.ts'
import { type Answer, type PushWitness, startWitness } from '../support/push-witness.ts'
import { FULL, scale } from '../support/scale.ts'
import { campaignSeed, type SeededRandom, seededRandom } from '../support/seeded-random.ts'
import { waitFor } from '../support/wait-for.ts'
import { createHousehold, type Household, openNetwork } from './household.ts'
import { differentlyNamed, judgePushes, MOST_REPEATED, type Owed, type PushVerdict } from './push-verdict.ts'
import { assertProjected, assertWhole } from './verdict.ts'

const KILLS = scale({ short: 10, full: 100 })
const PEERS = 3
const timeout = 30 * 60_000

interface World {
  readonly home: Household
  /** The daemon that runs now; `next` before another one is started. */
  readonly lives: { readonly now: number; next(): void }
  readonly well: PushWitness
  readonly moody: PushWitness
  /** Lets the one that was gone be there again. */
  readonly bringBack: () => Promise<PushWitness>
}

async function startWorld(t: TestContext, random: SeededRandom): Promise<World> {
  const oracles: Oracle[] = []
  const relay = await startRelay({
    rateLimit: false,
    observe: event => {
      for (const oracle of oracles) oracle.observe(event)
    },
  })
  t.after(() => relay.close())
  const { me, peer } = await startCrowd(t, relay.url, random)
  const oracle = createOracle(me.id)
  oracles.push(oracle)
  const home = createHousehold(t, { me, peer, url: relay.url, oracle })

  let life = 0
  const well = await startWitness(t, { life: () => life })
  const moody = await startWitness(t, { life: () => life, answer: moodOf(random) })
  const gonePort = await portForLong()
  // A start forgets that a receiver rests, and keeps the wait of each peer: one that outlasts a start shows what is kept
  // in order.
  const patient = { events: ['message.received'], retries: 10, retryDelay: 700, timeout: 1000 }
  const config = (webhookSecret: string) => ({
    base_url: relay.url,
    token: me.token,
    webhooks: {
      outbound: {
        well: { url: well.url, secret: 'a secret of the well one' },
        moody: { url: moody.url, ...patient },
      },
    },
    // Tried for a day: longer than any run.
    wechat_abot: { webhookUrl: `http://127.0.0.1:${gonePort}/hook`, webhookSecret },
  })
  home.view.writeConfig(config('as long as a secret has to be'))
  return {
    home,
    lives: {
      get now() {
        return life
      },
      next: () => void life++,
    },
    well,
    moody,
    async bringBack() {
      const gone = await startWitness(t, { life: () => life, port: gonePort })
      // It would be found again by itself, within five minutes; a change of its settings ends the wait.
      if (!FULL) home.view.writeConfig(config('as long as another one would be'))
      return gone
    },
  }
}

/** Some people who write to us; together they are as one to the household. */
async function startCrowd(
  t: TestContext,
  url: string,
  random: SeededRandom,
): Promise<{ me: RelayUser; peer: RelayUser }> {
  const network = openNetwork(t)
  const me = await registerUser(url, { name: 'me' }, network)
  const peers = await Promise.all(
    Array.from({ length: PEERS }, (_, n) => registerUser(url, { name: `peer ${n}` }, network)),
  )
  for (const peer of peers) {
    await peer.send(me.id, 'hello')
    await me.send(peer.id, 'hello')
  }
  return { me, peer: { ...random.pick(peers), send: (to, text) => random.pick(peers).send(to, text) } }
}

/** Its schedule must not end. */
const MOST_FAILURES = 3

/** Half of the time it is unwell, in spells, and fails in one way or another. */
function moodOf(random: SeededRandom): (id: string) => Answer {
  const failures = new Map<string, number>()
  let isWell = true
  let until = 0
  return id => {
    if (performance.now() > until) {
      isWell = !isWell
      until = performance.now() + random.between(20, 300)
    }
    const soFar = failures.get(id) ?? 0
    if (isWell || soFar === MOST_FAILURES) return 'taken'
    failures.set(id, soFar + 1)
    return random.chance(0.1) ? 'hang' : random.pick(['refused', 'reset'])
  }
}

/** A life of a daemon, from before its start to after its end: some do not even come to push anything. */
async function liveAndDie({ home, lives, well }: World, random: SeededRandom): Promise<void> {
  lives.next()
  home.spawn()
  if (random.chance(0.8)) {
    await waitFor('a push', () => well.pushes.at(-1)?.life === lives.now)
  }
  await systemClock.sleep(random.below(900))
  await home.kill()
}

/** What the store has of others, and so has to be pushed on. */
function owed(database: Database, types: readonly string[] | null = null): Owed {
  const rows = database.all(
    "SELECT seq, coalesce(peer, 'unverified') AS peer, type FROM messages WHERE via <> 'send' AND merged_into IS NULL ORDER BY seq",
  )
  const wanted = rows.filter(({ type }) => types?.includes(String(type)) ?? true)
  return new Map(wanted.map(({ seq, peer }) => [Number(seq), String(peer)]))
}

/** The plugin is not told what the relay itself says. */
const TOLD_TO_THE_PLUGIN = ['chat', 'friend_request', 'file']

test('kill -9 under load: everything stored is pushed to every sink, in order per peer, under one id', {
  timeout,
}, async t => {
  const seed = campaignSeed()
  const random = seededRandom(seed)
  const world = await startWorld(t, random)
  const { home, lives, well, moody } = world
  const { view, oracle } = home
  lives.next()
  await home.start()
  await waitFor('an empty inbox', () => view.channel(/INBOX_DRAINED/).length > 0)
  await home.kill()

  const floods = Array.from({ length: PEERS }, () => home.flood(random))
  for (let kill = 1; kill < KILLS; kill++) await liveAndDie(world, random)
  await Promise.all(floods.map(end => end()))
  lives.next()
  await home.start()
  await waitFor('the relay to have nothing left', () => oracle.waiting === 0, { limitMs: 60_000 })
  const database = openForReading(view.folder.file('state.db'))
  assert.ok(database !== null)
  t.after(() => database.close())
  const isServed = ({ pushes }: PushWitness, types: readonly string[] | null = null) =>
    judgePushes(pushes, owed(database, types)).missing.length === 0
  // In vain is told below, with the numbers.
  const patience = { limitMs: 60_000, everyMs: 100 }
  await waitFor('the two', () => isServed(well) && isServed(moody), patience).catch(() => undefined)
  const gone = await world.bringBack()
  const fiveMinutes = { limitMs: FULL ? 400_000 : 60_000, everyMs: 100 }
  await waitFor('the one that was gone', () => isServed(gone, TOLD_TO_THE_PLUGIN), fiveMinutes).catch(() => undefined)
  await home.stop()

  const verdicts = {
    well: judgePushes(well.pushes, owed(database)),
    moody: judgePushes(moody.pushes, owed(database)),
    gone: judgePushes(gone.pushes, owed(database, TOLD_TO_THE_PLUGIN)),
  }
  t.diagnostic(`${KILLS} kills (seed ${seed}), ${owed(database).size} messages: ${summaryOf(world, gone, verdicts)}`)
  const nothing = { missing: [], foreign: [], early: [], confused: [], unexcused: [] }
  for (const [name, { repeated, ...faults }] of Object.entries(verdicts)) {
    assert.deepEqual(faults, nothing, name)
    assert.ok(repeated <= KILLS * MOST_REPEATED, `${repeated} came again to ${name}`)
  }
  assert.deepEqual(differentlyNamed([well.pushes, moody.pushes, gone.pushes]), [], 'one id for all')
  assertSettled(database, { 'webhook:well': well, 'webhook:moody': moody, wechat_abot: gone })
  assertWhole(view)
  assertProjected(view)
  assert.ok(owed(database).size > 10 * KILLS, 'enough was pushed for the campaign to mean something')
})

/** The store's own counts say the same as the witnesses. */
function assertSettled(database: Database, witnesses: Readonly<Record<string, PushWitness>>): void {
  assert.deepEqual(database.all('SELECT * FROM deliveries'), [], 'nothing waits, and nothing was given up')
  for (const { name, waiting, dead, delivered } of sinkStates(database)) {
    const taken = witnesses[name]?.pushes.filter(({ answer }) => answer === 'taken') ?? []
    assert.deepEqual(
      { waiting, dead, delivered },
      { waiting: 0, dead: 0, delivered: new Set(taken.map(one => one.id)).size },
    )
  }
}

function summaryOf(
  { well, moody }: World,
  gone: PushWitness,
  verdicts: Record<'well' | 'moody' | 'gone', PushVerdict>,
) {
  const of = (name: keyof typeof verdicts, { pushes }: PushWitness) => {
    const count = (answer: Answer) => pushes.filter(one => one.answer === answer).length
    const failed = `${count('refused')} refused, ${count('reset')} reset, ${count('hang')} unanswered`
    const { missing, repeated } = verdicts[name]
    return `${name} ${count('taken')} taken, ${name === 'moody' ? `${failed}, ` : ''}${repeated} again, ${missing.length} missing`
  }
  return [of('well', well), of('moody', moody), of('gone', gone)].join('; ')
}
