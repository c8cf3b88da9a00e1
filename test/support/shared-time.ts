import type { TestContext } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import type { FetchLike } from '../../scripts/core/fetch.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { turns } from './wait-for.ts'

/** One clock for a daemon and a relay that talk over real sockets: minutes pass in no time, at the speed of both. */
export interface SharedTime {
  readonly clock: FakeClock
  /** For the daemon. */
  readonly fetch: FetchLike
  /** Lets time pass in steps, with real turns in between. */
  pass(ms: number): Promise<void>
  /** Lets time pass until the work is done. */
  during<T>(work: Promise<T>): Promise<T>
  close(): Promise<void>
}

const STEP_MS = 500
/** An answer that is on its way is waited for, so that a busy machine times nothing out; a frozen relay needs the clock. */
const ANSWER_MS = 40

export function shareTime(t: TestContext, { stepMs = STEP_MS } = {}): SharedTime {
  const clock = createFakeClock()
  const transport = createTransport({ http: '', https: '', except: '' })
  let inFlight = 0
  t.after(() => transport.close())

  async function step(): Promise<void> {
    clock.advance(stepMs)
    await turns(3)
    const until = performance.now() + ANSWER_MS
    while (inFlight > 0 && performance.now() < until) await new Promise(resolve => setTimeout(resolve, 1))
  }

  return {
    clock,
    async fetch(url, init) {
      if (url.endsWith('/stream')) return transport.fetch(url, init)
      inFlight++
      try {
        return await transport.fetch(url, init)
      } finally {
        inFlight--
      }
    },
    async pass(ms) {
      for (let left = ms; left > 0; left -= stepMs) await step()
    },
    async during(work) {
      let settled = false
      const done = work.finally(() => {
        settled = true
      })
      done.catch(() => undefined)
      while (!settled) await step()
      return done
    },
    close: () => transport.close(),
  }
}
