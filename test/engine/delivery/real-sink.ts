import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Sink } from '../../../scripts/core/sink.ts'
import { deadLetters } from '../../../scripts/store/deliveries.ts'
import { lastRequests } from '../../../scripts/store/request-log.ts'
import { pushTransport } from '../../support/push-transport.ts'
import { type RunSinkOptions, runSink } from '../../support/run-sink.ts'
import { turns, waitFor } from '../../support/wait-for.ts'

/** A queue whose sink asks a real server. The clock stands still but where the test moves it on, to the millisecond. */
export async function pushTo(t: TestContext, sink: Sink, options: Omit<RunSinkOptions, 'sink' | 'fetch'> = {}) {
  const run = await runSink(t, { ...options, sink, fetch: pushTransport(t) })
  // Only the order of the commits matters here, and syncing takes most of the time.
  run.writer.database.exec('PRAGMA synchronous = OFF')
  const rows = () => lastRequests(run.writer.database, sink.name, { limit: 1000 })

  return {
    run,
    rows,
    /** What came of each request: its text, the number of the try, and the reason of a failure. */
    tries: () => rows().map(({ eventId, attempt, error }) => [eventId?.replace('evt_', ''), attempt, error]),
    dead: () => deadLetters(run.writer.database, sink.name, 100).map(one => [one.eventId.slice(4), one.reason]),
    counts() {
      const { waiting, delivered, dead } = run.state() ?? {}
      return { waiting, delivered, dead }
    },
    tried: (count: number) => waitFor(`${count} requests`, () => rows().length >= count, { everyMs: 1 }),
    /** The planned try comes when it was planned for, and not a millisecond before. Returns how long that took. */
    async toNextTry(): Promise<number> {
      const before = run.seen.length
      const at = run.states.at(-1)?.nextTryAt ?? assert.fail('nothing is planned')
      const wait = at - run.clock.now()
      run.clock.advance(wait - 1)
      await turns(5)
      assert.equal(run.seen.length, before, 'tried too early')
      run.clock.advance(1)
      await waitFor('the next try', () => run.seen.length > before, { everyMs: 1 })
      return wait
    },
  }
}
