import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { startBrowser } from '../../test/support/browser.ts'
import { createFolders } from '../folders.ts'
import { type Figure, formatFigures, isMet } from './figure.ts'
import { history } from './history.ts'
import { live } from './live.ts'

/** `npm run bench:page`: what README.md beside this file describes. */

const FULL = { messages: 200, records: 100_000, read: 60_000 }
const QUICK = { messages: 50, records: 100_000, read: 10_000 }

const HELP = `usage: npm run bench:page -- [--quick] [--dir PATH]

  --quick      fewer messages, less scrolling
  --dir PATH   where the data folders of the run are made (default: the folder for temporary files)`

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      dir: { type: 'string', default: tmpdir() },
    },
  })
  if (values.help) {
    process.stdout.write(`${HELP}\n`)
    return 0
  }
  const load = loadavg()[0] ?? 0
  const size = values.quick ? QUICK : FULL
  const folders = createFolders(values.dir)
  const browser = await startBrowser()
  const figures: Figure[] = [...(await live(browser, folders, size)), ...(await history(browser, folders, size))]
  const run = [
    values.quick ? 'Quick run' : 'Full run',
    `Chromium ${browser.version()}`,
    `Node ${process.versions.node}`,
    `${availableParallelism()} processors, load before ${load.toFixed(1)}`,
  ]
  process.stdout.write(`${formatFigures(figures)}\n${run.join(', ')}\n`)
  await browser.close()
  return figures.every(isMet) ? 0 : 1
}

// Whichever way the process exits, its children and its folders go with it.
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))
function fail(error: unknown): never {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
process.on('unhandledRejection', fail)
process.exit(await run().catch(fail))
