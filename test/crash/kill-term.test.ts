import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../scripts/core/clock.ts'
import { FULL, scale } from '../support/scale.ts'
import { waitFor } from '../support/wait-for.ts'
import { runCampaign } from './household.ts'
import { judge } from './verdict.ts'

const STOPS = scale({ short: 10, full: 100 })
const timeout = 30 * 60_000
/** Design: 5 s. The short form may run on a machine that is busy with something else. */
const LONGEST_STOP_MS = FULL ? 5000 : 20_000

test('SIGTERM under load: the daemon ends by itself, and the files hold what it was given', { timeout }, async t => {
  const took: number[] = []
  await runCampaign(t, {
    rounds: STOPS,
    lanes: 2,
    async round(home, random) {
      const { view, oracle, accepted } = home
      // Half of them stop in the middle of the inbox as well.
      await home.write(random.pick([0, 10]))
      await home.start()
      await waitFor('the connection', () => oracle.online)
      const endFlood = home.flood(random)
      await systemClock.sleep(random.below(800))
      took.push(await home.stop())
      // Right then, and not with the help of the next one.
      assert.deepEqual(judge(view, { accepted, sure: oracle.sure }).lost.map(oracle.explain), [])
      await endFlood()
      assert.match(view.channel(/DAEMON_/).at(-1) ?? '', /DAEMON_STOPPED reason=SIGTERM$/)
    },
  })
  t.diagnostic(`the longest stop took ${Math.round(Math.max(...took))} ms`)
  for (const ms of took) assert.ok(ms < LONGEST_STOP_MS, `${ms} ms`)
})
