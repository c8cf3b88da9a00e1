import { systemClock } from '../scripts/core/clock.ts'
import { dataFolderAt } from '../scripts/store/data-folder.ts'
import { openForReading } from '../scripts/store/database.ts'
import { now } from './time.ts'

/**
 * Loaded into our daemon before its own code (`node --import`): notes when each message was committed. The store commits
 * in the turns that it asks its clock for; behind each of them, a second connection looks what the database holds.
 * Tells when it is asked.
 */
const folder = dataFolderAt(process.argv[process.argv.indexOf('--data-dir') + 1] ?? '')
const database = openForReading(folder.file('state.db'))
if (database === null) throw new Error('the folder was never used')

const committedAt: number[] = []
const { afterTurn } = systemClock
systemClock.afterTurn = action =>
  afterTurn(() => {
    action()
    note(now())
  })

/** Numbers are given in the order of arrival, from 1: in a folder without messages, number n is message n - 1. */
function note(at: number): void {
  const seq = Number(database?.get('SELECT max(seq) AS seq FROM messages')?.['seq'] ?? 0)
  while (committedAt.length < seq) committedAt.push(at)
}

process.on('message', () => process.send?.(committedAt))
// The daemon ends when it has nothing left to do; we are no reason to stay.
process.channel?.unref()
