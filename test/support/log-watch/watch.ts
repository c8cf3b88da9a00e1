import { registerHooks } from 'node:module'
import { leaks, watch } from './journal.ts'

/**
 * Preloaded into every test process by `npm test` (`--import`): no log may hold a secret or a word of a message (IL §17).
 * Where a line of a log, or a secret, comes from is known in few modules; while watched, a stand-in for each of them
 * notes what passes. A process in whose logs something is found fails, and with it its test file.
 */

const STAND_INS = new Map(
  [
    'core/config.ts',
    'core/logger.ts',
    'embedded/ilink/chance.ts',
    'embedded/ilink/phone.ts',
    'embedded/relay-user.ts',
    'protocol/channel-line.ts',
    'protocol/media-crypto.ts',
    'protocol/wake/poke.ts',
    'store/messages.ts',
    'store/outbox.ts',
  ].map(path => [
    new URL(`../../../scripts/${path}`, import.meta.url).href,
    new URL(`./stand-ins/${path.replaceAll('/', '-')}`, import.meta.url).href,
  ]),
)

watch()
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    const standIn = STAND_INS.get(found.url)
    // The stand-in itself gets what it stands for.
    return standIn === undefined || standIn === context.parentURL ? found : { ...found, url: standIn }
  },
})

/** More would hide the first one. */
const MOST_SHOWN = 20

process.on('exit', () => {
  const found = leaks()
  if (found.length === 0) return
  const shown = found.slice(0, MOST_SHOWN).map(one => `  ${one.slice(0, 300)}\n`)
  process.stderr.write(`error: ${found.length} log lines hold what no log may hold (IL §17):\n${shown.join('')}`)
  process.exitCode = 1
})
