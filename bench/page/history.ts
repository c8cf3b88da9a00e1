import { writeFileSync } from 'node:fs'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { utcSeconds } from '../../scripts/core/clock.ts'
import { formatRecord } from '../../scripts/protocol/record-line.ts'
import { oldestNumber, type Seen } from '../../test/browser/in-page/observe.js'
import { visit } from '../../test/support/browser.ts'
import type { Folders } from '../folders.ts'
import { contentOf, PEERS, scramble } from '../messages.ts'
import { median } from '../statistics.ts'
import type { Figure } from './figure.ts'
import { MESSAGES, startObserving, untilSeen } from './in-page.ts'
import { startPageServer } from './page-server.ts'

const VISITS = 5
const EVERY_MS = 20_000
const WHEEL_PIXELS = 4000
const MOST_IDLE_FRAMES = 1000
const MEGABYTE = 1024 * 1024

/** A long history, and nothing else: no daemon runs. */
export async function history(
  browser: Browser,
  folders: Folders,
  { records, read }: { records: number; read: number },
): Promise<Figure[]> {
  const folder = folders.create('history')
  const bytes = writeHistory(folder.file('conversations.md'), records)
  writeFileSync(folder.file('profile.json'), '{"my_id":1,"my_name":"owner","status":"open"}')
  const url = await startPageServer(folder.path)

  const firsts: number[] = []
  for (let n = 0; n < VISITS; n++) {
    const { page, see } = await begin(browser, url)
    firsts.push((await untilSeen(see, 'the first message', ({ first }) => first !== null)).first ?? Number.NaN)
    await page.context().close()
  }
  return [
    {
      what: `first content with ${records.toLocaleString('en-US')} messages`,
      measured: median(firsts),
      unit: 'ms',
      atMost: 1000,
      note: `${(bytes / MEGABYTE).toFixed(0)} MB; ${VISITS} visits with an empty cache, slowest ${Math.round(Math.max(...firsts))} ms`,
    },
    ...(await scroll(browser, url, { records, read })),
  ]
}

async function begin(browser: Browser, url: string): Promise<{ page: Page; see: () => Promise<Seen> }> {
  const { page } = await visit(browser, 'about:blank', { settings: { split: 'time' } })
  const see = await startObserving(page)
  await page.goto(url)
  return { page, see }
}

/** As somebody does who turns the wheel and does not stop. */
async function scroll(browser: Browser, url: string, { records, read }: { records: number; read: number }) {
  const { page, see } = await begin(browser, url)
  await untilSeen(see, 'the first message', ({ first }) => first !== null)
  const session = await page.context().newCDPSession(page)
  const settled = await see()
  await scrollTo(page, records - read / 2)
  const half = await memoryOf(session)
  await scrollTo(page, records - read)
  const whole = await memoryOf(session)
  const { longTasks } = await see()
  const tasks = longTasks.slice(settled.longTasks.length).map(({ ms }) => ms)
  await page.context().close()
  const figures: Figure[] = [
    {
      what: `longest task while scrolling through ${read.toLocaleString('en-US')} older ones`,
      measured: Math.max(0, ...tasks),
      unit: 'ms',
      atMost: 100,
      note: `${tasks.length} tasks over 50 ms`,
    },
    {
      what: 'memory behind them, against half of the way',
      measured: whole.bytes / half.bytes,
      unit: '×',
      atMost: 1.3,
      note: `${(half.bytes / MEGABYTE).toFixed(1)} MB, then ${(whole.bytes / MEGABYTE).toFixed(1)} MB; ${whole.nodes} DOM nodes`,
    },
  ]
  return figures
}

/** Turns the wheel, a frame at a time, until message `n` or an older one stands there. */
async function scrollTo(page: Page, n: number): Promise<void> {
  await page.locator(MESSAGES).first().hover()
  let least = Number.POSITIVE_INFINITY
  let idle = 0
  while (least > n) {
    await page.mouse.wheel(0, -WHEEL_PIXELS)
    const top = await page.evaluate(oldestNumber, MESSAGES)
    idle = top < least ? 0 : idle + 1
    least = Math.min(least, top)
    if (idle > MOST_IDLE_FRAMES) throw new Error(`scrolling up stays at message ${least}`)
  }
}

async function memoryOf(session: CDPSession): Promise<{ bytes: number; nodes: number }> {
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  const { nodes } = await session.send('Memory.getDOMCounters')
  return { bytes: usedSize, nodes }
}

function writeHistory(path: string, records: number): number {
  const begin = Date.now() - records * EVERY_MS
  const lines: string[] = []
  for (let n = 1; n <= records; n++) {
    const { id = 2, name = '' } = PEERS[scramble(n) % PEERS.length] ?? {}
    const from = { address: { scheme: 'relay', id }, name } as const
    const at = utcSeconds(begin + n * EVERY_MS)
    lines.push(`${formatRecord({ at, from, type: 'chat', flags: {}, content: contentOf(n) })}\n`)
  }
  const text = lines.join('')
  writeFileSync(path, text)
  return Buffer.byteLength(text)
}
