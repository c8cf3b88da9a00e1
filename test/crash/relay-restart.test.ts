import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../scripts/core/clock.ts'
import { UnreachableError } from '../../scripts/core/errors.ts'
import { startRelayProcess } from '../support/child.ts'
import { portForLong } from '../support/listen.ts'
import { createOracle, markOfPayload } from '../support/oracle.ts'
import { scale } from '../support/scale.ts'
import { campaignSeed, seededRandom } from '../support/seeded-random.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import type { FolderView } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'
import { befriended, createHousehold, openNetwork } from './household.ts'
import { assertProjected, assertWhole, judge, summaryOf } from './verdict.ts'

const KILLS = scale({ short: 10, full: 100 })
const timeout = 30 * 60_000

test('kill -9 of the relay: what it handed over and what it stored is in both files, once', { timeout }, async t => {
  const seed = campaignSeed()
  const random = seededRandom(seed)
  const network = openNetwork(t)
  const place = { database: join(temporaryFolder(), 'relay.db'), port: await portForLong() }
  let relay = await startRelayProcess(place)
  const { me, peer } = await befriended(relay.url, network)
  const home = createHousehold(t, { me, peer, url: relay.url, oracle: createOracle(me.id) })
  const { view, accepted } = home
  const sure = new Set<string>()
  let settled = 0
  let onlyInMemory = 0
  let killsDuringReads = 0

  /** What the relay said that it did with a message comes in the order of the messages, as they are sent one by one. */
  function settle(): void {
    const done = relay.did().filter(one => /^message (?:pushed|stored)$/.test(one.msg) && one.user === me.id).length
    const told = [...accepted].slice(settled)
    for (const mark of told.slice(0, done)) sure.add(mark)
    onlyInMemory += Math.max(0, told.length - done)
    settled = accepted.size
  }

  async function killRelay(): Promise<void> {
    relay.kill('SIGKILL')
    assert.equal(await relay.ended, 'SIGKILL')
  }

  /** Until the relay is gone. */
  async function writeOnAndOn(): Promise<void> {
    try {
      for (;;) {
        await home.write(1)
        await systemClock.sleep(random.below(8))
      }
    } catch (error) {
      assert.ok(error instanceof UnreachableError, String(error))
    }
  }

  /** The waits between tries grow as long as no connection lasts a minute; a change of the configuration ends them. */
  function ring(round: number): void {
    view.writeConfig({ base_url: relay.url, token: me.token, sweep_minutes: 5 + (round % 50) })
  }

  async function restart(): Promise<void> {
    settle()
    relay = await startRelayProcess(place)
  }

  await home.start()
  await waitFor('the first connection', () => hasDrained(view, 0))
  for (let round = 0; round < KILLS; round++) {
    if (round % 3 === 2) {
      killsDuringReads++
      relay.kill('SIGTERM')
      await relay.ended
      await restart()
      for (let n = 0; n < 8; n++) await home.write(1)
      ring(2 * round)
      await waitFor('a first read', () => relay.did().some(one => one.msg === 'inbox read'))
      await systemClock.sleep(random.below(600))
      await killRelay()
    } else {
      const writing = writeOnAndOn()
      await systemClock.sleep(random.between(50, 450))
      await killRelay()
      await writing
    }
    const connections = view.channel(/SSE_CONNECTED/).length
    await restart()
    for (let n = 0; n < 3; n++) await home.write(1)
    // The first time it finds back by itself.
    if (round > 0) ring(2 * round + 1)
    await waitFor('the connection and an empty inbox', () => hasDrained(view, connections), { limitMs: 60_000 })
  }
  settle()
  const judgeNow = () => judge(view, { accepted, sure: () => sure })
  // In vain is told below, with the marks.
  await waitFor('what is sure', () => judgeNow().lost.length === 0).catch(() => undefined)
  await home.stop()

  const verdict = judgeNow()
  t.diagnostic(`${KILLS} rounds (seed ${seed}): ${summaryOf([verdict])}; ${onlyInMemory} only in the relay's memory`)
  assert.deepEqual(verdict.lost, [])
  assertWhole(view)
  assertProjected(view)
  assert.ok(verdict.twice.length <= killsDuringReads)
  // A relay that dies between its answer and the end of its transaction gives the message out again.
  for (const mark of verdict.twice) assert.deepEqual(viasOf(view, mark), ['poll', 'poll'], mark)
})

/** There were more connections than that, and the inbox was read to its end after the last one. */
function hasDrained(view: FolderView, connections: number): boolean {
  const events = view.channel(/SSE_CONNECTED|INBOX_DRAINED reason=stream_open/)
  return (
    events.filter(line => line.includes('SSE_CONNECTED')).length > connections &&
    events.at(-1)?.includes('INBOX_DRAINED') === true
  )
}

function viasOf(view: FolderView, mark: string): string[] {
  return view.entries().flatMap(one => (markOfPayload(one.payload).includes(mark) ? [one.via] : []))
}
