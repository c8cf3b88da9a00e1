import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { systemClock } from '../../scripts/core/clock.ts'
import { startRelayProcess } from '../support/child.ts'
import { createOracle } from '../support/oracle.ts'
import { FULL, scale } from '../support/scale.ts'
import { campaignSeed, seededRandom } from '../support/seeded-random.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { befriended, createHousehold, type Household, openNetwork, runCampaign } from './household.ts'
import { assertProjected, assertWhole, judge, summaryOf } from './verdict.ts'

const STOPS = scale({ short: 10, full: 100 })
const timeout = 30 * 60_000
const A_MINUTE_MS = 60_000
const A_WHILE_MS = 5000
/** Thousands of messages, or a slow machine. */
const PATIENTLY = { everyMs: 50, limitMs: 60_000 }

function connectsOf({ view }: Household): number {
  return view.channel(/SSE_CONNECT_START/).length
}

describe('SIGSTOP of the daemon', { timeout }, () => {
  test('and SIGCONT: what came meanwhile waits, nothing is lost, nothing comes twice, nobody reconnects', {
    timeout,
  }, async t => {
    await runCampaign(t, {
      rounds: 2,
      lanes: 2,
      everything: true,
      async round(home, random) {
        await home.start()
        await waitFor('the connection', () => home.oracle.online)
        const endFlood = home.flood(random)
        for (let stop = 0; stop < STOPS / 2; stop++) {
          await systemClock.sleep(random.below(200))
          home.signal('SIGSTOP')
          await systemClock.sleep(random.below(800))
          home.signal('SIGCONT')
        }
        await endFlood()
        await waitFor('everything', () => home.isComplete(), PATIENTLY)
        assert.equal(connectsOf(home), 1)
        await home.stop()
      },
    })
  })

  test('and SIGCONT after more than the kernel holds: the rest waited in the relay', { timeout }, async t => {
    await runCampaign(t, {
      rounds: 1,
      lanes: 1,
      everything: true,
      async round(home) {
        await home.start()
        await waitFor('the connection', () => home.oracle.online)
        home.signal('SIGSTOP')
        const held = () => home.accepted.size - home.oracle.pushed
        while (held() === 0) await home.write(50, 900)
        for (let burst = 0; burst < 4; burst++) await home.write(50, 900)
        t.diagnostic(`${home.accepted.size} messages while it stood still, ${held()} of them held back by the relay`)
        home.signal('SIGCONT')
        await waitFor('everything', () => home.isComplete(), PATIENTLY)
        assert.equal(connectsOf(home), 1)
        await home.stop()
      },
    })
  })

  // Longer than a silence may last (design: 45 s).
  if (FULL) {
    test('and SIGCONT a minute later: nothing is lost, nothing comes twice', {
      timeout,
    }, async t => {
      await runCampaign(t, {
        rounds: 1,
        lanes: 1,
        everything: true,
        async round(home, random) {
          await home.start()
          await waitFor('the connection', () => home.oracle.online)
          const endFlood = home.flood(random)
          home.signal('SIGSTOP')
          await systemClock.sleep(A_MINUTE_MS)
          home.signal('SIGCONT')
          await systemClock.sleep(A_WHILE_MS)
          await endFlood()
          await waitFor('everything', () => home.isComplete(), PATIENTLY)
          t.diagnostic(`${connectsOf(home)} connections`)
          assert.ok(connectsOf(home) <= 3)
          await home.stop()
        },
      })
    })
  }

  test('and kill -9 right out of it: only what it had not read yet is lost', { timeout }, async t => {
    await runCampaign(t, {
      rounds: STOPS,
      lanes: 2,
      async round(home, random) {
        await home.start()
        await waitFor('the connection', () => home.oracle.online)
        const endFlood = home.flood(random)
        await systemClock.sleep(random.between(200, 600))
        home.signal('SIGSTOP')
        await systemClock.sleep(random.below(300))
        await home.kill()
        await endFlood()
      },
    })
  })
})

type Moment = 'before the stream opens' | 'while the inbox is read' | 'while the stream delivers'

interface Freeze {
  readonly moment: Moment
  readonly rounds: number
  readonly leastMs: number
  readonly mostMs: number
  /** Connections of one daemon. */
  readonly mostConnects: number
}

describe('SIGSTOP of the relay', { timeout }, () => {
  for (const moment of ['before the stream opens', 'while the inbox is read', 'while the stream delivers'] as const) {
    test(`and SIGCONT, ${moment}: nothing is lost, nothing comes twice, nobody reconnects`, { timeout }, async t => {
      const size = { rounds: scale({ short: 1, full: 20 }), leastMs: 0, mostMs: scale({ short: 1500, full: 5000 }) }
      await freezeRelay(t, { moment, ...size, mostConnects: 1 })
    })

    if (FULL) {
      test(`and SIGCONT a minute later, ${moment}: nothing is lost, nothing comes twice`, { timeout }, async t => {
        await freezeRelay(t, { moment, rounds: 1, leastMs: A_MINUTE_MS, mostMs: A_MINUTE_MS, mostConnects: 3 })
      })
    }
  }
})

async function freezeRelay(t: TestContext, { moment, rounds, leastMs, mostMs, mostConnects }: Freeze): Promise<void> {
  const seed = campaignSeed()
  const random = seededRandom(seed)
  const network = openNetwork(t)
  const relay = await startRelayProcess({ database: join(temporaryFolder(), 'relay.db') })
  const { me, peer } = await befriended(relay.url, network)
  const home = createHousehold(t, { me, peer, url: relay.url, oracle: createOracle(me.id) })
  const count = (msg: string) => relay.did().filter(one => one.msg === msg && one.user === me.id).length
  let most = 0
  for (let round = 0; round < rounds; round++) {
    const before = { connects: connectsOf(home), connected: count('stream connected'), reads: count('inbox read') }
    await home.write(8)
    if (moment === 'before the stream opens') relay.kill('SIGSTOP')
    await home.start()
    if (moment === 'while the inbox is read') {
      await waitFor('a first read', () => count('inbox read') > before.reads)
      await systemClock.sleep(random.below(300))
      relay.kill('SIGSTOP')
    }
    if (moment === 'while the stream delivers') {
      await waitFor('the connection', () => count('stream connected') > before.connected)
      for (let n = 0; n < 10; n++) await home.write(2)
      relay.kill('SIGSTOP')
    }
    const ms = random.between(leastMs, mostMs)
    // Nobody waits for an answer much longer than this.
    await systemClock.sleep(Math.max(0, ms - A_WHILE_MS))
    const meanwhile = home.write(5)
    await systemClock.sleep(Math.min(ms, A_WHILE_MS))
    relay.kill('SIGCONT')
    await meanwhile
    await home.write(5)
    await waitFor('everything', () => home.isComplete(), PATIENTLY)
    most = Math.max(most, connectsOf(home) - before.connects)
    await home.stop()
  }
  const verdict = judge(home.view, { accepted: home.accepted, sure: () => home.accepted })
  t.diagnostic(`${rounds} rounds (seed ${seed}): ${summaryOf([verdict])}; at most ${most} connections a daemon`)
  assert.ok(most <= mostConnects, 'no storm of connections')
  assertWhole(home.view)
  assertProjected(home.view)
  relay.kill('SIGTERM')
  assert.equal(await relay.ended, 0)
}
