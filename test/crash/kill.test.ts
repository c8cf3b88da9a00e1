import { createServer, request } from 'node:http'
import { pipeline } from 'node:stream'
import { describe, type TestContext, test } from 'node:test'
import { systemClock } from '../../scripts/core/clock.ts'
import { listen } from '../support/listen.ts'
import { SAFE_MS } from '../support/oracle.ts'
import { FULL, scale } from '../support/scale.ts'
import type { SeededRandom } from '../support/seeded-random.ts'
import { waitFor } from '../support/wait-for.ts'
import { type Household, runCampaign } from './household.ts'

const KILLS = scale({ short: 10, full: 300 })
const REST = scale({ short: 10, full: 100 })
const timeout = 30 * 60_000

/** Waits until it reads what the relay stored, and kills it somewhere in the middle of that. */
async function killWhileItReads(home: Household, random: SeededRandom): Promise<void> {
  await home.write(12 - home.oracle.waiting)
  await home.start()
  await waitFor('a first read', () => home.oracle.drained > 0)
  await systemClock.sleep(random.below(600))
  await home.kill()
}

/** A relay without a stream: the requests for one are refused, all others are passed on. */
async function refuseStreams(t: TestContext, relayUrl: string): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/stream') {
      outgoing.writeHead(503).end('no stream here')
      return
    }
    const { method, headers } = incoming
    const onwards = request(`${relayUrl}${incoming.url}`, { method, headers, agent: false }, reply => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
      pipeline(reply, outgoing, () => undefined)
    })
    onwards.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onwards.destroy())
    pipeline(incoming, onwards, () => undefined)
  })
  return `http://127.0.0.1:${await listen(t, server)}`
}

describe('kill -9: what the relay handed over in time is in both files, once', { timeout }, () => {
  test('while the stream delivers a flood', { timeout }, async t => {
    await runCampaign(t, {
      rounds: KILLS,
      lanes: 2,
      async round(home, random) {
        await home.start()
        const endFlood = home.flood(random)
        await waitFor('some traffic', () => home.oracle.pushed > 5)
        await systemClock.sleep(random.below(600))
        await home.kill()
        await endFlood()
      },
    })
  })

  test('while the stored inbox is read', { timeout }, async t => {
    await runCampaign(t, { rounds: KILLS, lanes: 2, round: killWhileItReads })
  })

  test('while it polls, because there is no stream', { timeout }, async t => {
    const inFront = (relayUrl: string) => refuseStreams(t, relayUrl)
    await runCampaign(t, { rounds: KILLS, lanes: 5, inFront, round: killWhileItReads })
  })

  test('while it starts', { timeout }, async t => {
    await runCampaign(t, {
      rounds: REST,
      lanes: 2,
      async round(home, random) {
        await home.write(2)
        home.spawn()
        const endFlood = home.flood(random)
        // Half of them before the relay sees anything of it, half of them after that.
        if (random.chance(0.5)) await waitFor('the connection', () => home.oracle.online)
        await systemClock.sleep(random.below(300))
        await home.kill()
        await endFlood()
      },
    })
  })
})

test('kill -9 after a moment of quiet loses nothing at all', { timeout }, async t => {
  await runCampaign(t, {
    rounds: REST,
    lanes: 2,
    everything: true,
    async round(home, random) {
      await home.start()
      await waitFor('an empty inbox', () => home.oracle.online && home.oracle.waiting === 0)
      await home.write(random.between(1, 20))
      // A machine that is busy with something else may need longer; the full form allows for none.
      if (!FULL) await waitFor('all of it', () => home.isComplete(), { everyMs: 20 })
      await systemClock.sleep(random.between(SAFE_MS, SAFE_MS + 200))
      await home.kill()
      await home.write(random.below(4))
    },
  })
})
