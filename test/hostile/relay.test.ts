import { after, before, describe, test } from 'node:test'
import { BEHAVIOURS } from '../support/hostile/behaviours.ts'
import { measureBaseline, meet, type Outcome } from '../support/hostile/meeting.ts'
import { type HostileServer, startHostileServer } from '../support/hostile/server.ts'
import { EXPECTED } from './expected/all.ts'

/**
 * Our daemon, as a user starts it, against a relay that misbehaves: how often it asks, how much it takes, what it says,
 * and that it is there again when the relay is.
 */

/** Most of the time each of them waits. */
const AT_ONCE = 8

describe('a daemon and its relay:', { concurrency: AT_ONCE }, () => {
  let server: HostileServer
  const baselineMb = { plain: 0, measured: 0 }
  before(async () => {
    server = await startHostileServer()
    const [plain, again, measured] = await Promise.all([
      measureBaseline(server, { name: 'honest', measured: false }),
      measureBaseline(server, { name: 'honest-again', measured: false }),
      measureBaseline(server, { name: 'honest-measured', measured: true }),
    ])
    baselineMb.plain = Math.max(plain, again)
    baselineMb.measured = measured
  })
  after(() => server.close())

  for (const [name, behaviour] of Object.entries(BEHAVIOURS)) {
    const expected = EXPECTED[name]
    if (expected === undefined) throw new Error(`nothing is expected of ${name}`)
    test(`${name}: ${expected.so}`, async t => {
      const base = expected.pushes === undefined ? baselineMb.plain : baselineMb.measured
      t.diagnostic(describeOutcome(await meet(server, { name, behaviour, expected, baselineMb: base }), base))
    })
  }
})

function describeOutcome(outcome: Outcome, baselineMb: number): string {
  const more = (mb: number) => (mb - baselineMb).toFixed(1)
  return [
    `${outcome.streams} streams, ${outcome.connections} connections`,
    `${(outcome.sent / 1e6).toFixed(1)} MB sent`,
    `${more(outcome.residentMb)} MB (at most ${more(outcome.mostMb)}) above ${baselineMb.toFixed(0)} MB`,
    `back after ${(outcome.recoveredMs / 1000).toFixed(1)} s`,
  ].join(', ')
}
