import type { Page } from 'playwright-core'
import { observe, type Seen, seen } from '../../test/browser/in-page/observe.js'
import { until } from '../processes.ts'
import { now } from '../time.ts'

/** Where messages are shown. The first entry of the list is everything in one, when the split is by time. */
export const MESSAGES = '.messages'

/** @returns what was seen so far */
export async function startObserving(page: Page): Promise<() => Promise<Seen>> {
  await page.addInitScript(observe, { selector: MESSAGES, opener: '.conversation' })
  return () => page.evaluate(seen)
}

/** What to add to the page's clock to get ours: the best of several looks, each wrong by half its way at most. */
export async function offsetOf(page: Page): Promise<number> {
  let best = { way: Number.POSITIVE_INFINITY, offset: 0 }
  for (let look = 0; look < 50; look++) {
    const from = now()
    const there = await page.evaluate<number>('performance.now()')
    const to = now()
    if (to - from < best.way) best = { way: to - from, offset: (from + to) / 2 - there }
  }
  return best.offset
}

export async function untilSeen(see: () => Promise<Seen>, what: string, condition: (seen: Seen) => boolean) {
  let seen = await see()
  let looking = Promise.resolve()
  await until(
    what,
    () => {
      looking = looking.then(async () => {
        seen = await see()
      })
      return condition(seen)
    },
    { everyMs: 50 },
  )
  await looking
  return seen
}
