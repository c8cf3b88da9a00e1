import { existsSync, readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { visit } from '../../test/support/browser.ts'
import { startDaemon } from '../daemon.ts'
import { type Folders, writeConfig } from '../folders.ts'
import { PEERS } from '../messages.ts'
import { until } from '../processes.ts'
import { OURS, startRelay } from '../relay.ts'
import { percentile } from '../statistics.ts'
import type { Figure } from './figure.ts'
import { offsetOf, startObserving, untilSeen } from './in-page.ts'
import { startPageServer } from './page-server.ts'

const WARM_UP = 10
const EVERY_MS = 250

/** From the relay's write of a message until its text is on the screen: relay, daemon, server and browser are processes. */
export async function live(browser: Browser, folders: Folders, { messages }: { messages: number }): Promise<Figure[]> {
  const relay = await startRelay()
  const folder = folders.create('live')
  writeConfig(folder, relay)
  const { daemon } = await startDaemon(folder, relay)
  await until('the list of friends', () => knowsFriends(folder.file('contacts.json')), { child: daemon })

  const url = await startPageServer(folder.path)
  const { page } = await visit(browser, 'about:blank', { settings: { split: 'time' } })
  const see = await startObserving(page)
  await page.goto(url)
  await relay.pace({ token: OURS, first: 1, count: 1, everyMs: 1 })
  await untilSeen(see, 'the first message', ({ shown }) => 1 in shown)

  const before = await offsetOf(page)
  const sentAt = await relay.pace({ token: OURS, first: 2, count: WARM_UP + messages, everyMs: EVERY_MS })
  const last = 1 + WARM_UP + messages
  const { shown } = await untilSeen(see, 'the last message', seen => last in seen.shown)
  const offset = (before + (await offsetOf(page))) / 2
  const took = sentAt.map((at, index) => (shown[index + 2] ?? Number.NaN) + offset - at).slice(WARM_UP)
  await page.context().close()
  await daemon.stop()
  await relay.stop()
  const [half, most] = [50, 100].map(percent => Math.round(percentile(took, percent)))
  return [
    {
      what: 'push by the relay to text on the screen, p95',
      measured: percentile(took, 95),
      unit: 'ms',
      atMost: 150,
      note: `${took.length} messages, median ${half} ms, slowest ${most} ms`,
    },
  ]
}

function knowsFriends(path: string): boolean {
  if (!existsSync(path)) return false
  return readFileSync(path, 'utf8').match(/"accepted"/g)?.length === PEERS.length
}
