import { spawnSync } from 'node:child_process'
import { systemClock } from '../scripts/core/clock.ts'
import { createSearchIndex } from '../scripts/projections/search/search-index.ts'
import type { DataFolder } from '../scripts/store/data-folder.ts'
import { openForReading } from '../scripts/store/database.ts'
import { latestSeq } from '../scripts/store/messages.ts'
import { type Bench, grouped, inPairs, type Row } from './bench.ts'
import { cleanEnvironment, LAUNCHER, timeNode } from './processes.ts'

/** What an agent waits for the commands that it calls most, against what any program in Node costs. */
export async function commands(bench: Bench): Promise<Row[]> {
  const { size, folders, fresh, progress } = bench
  const { folder: long } = await bench.history()
  const none = folders.copy(fresh, 'none')
  progress('an index of the history')
  await completeIndex(long)

  async function rowOf(folder: DataFolder, [name = '', ...rest]: readonly string[], answer: RegExp): Promise<Row> {
    const args = [LAUNCHER, name, '--data-dir', folder.path, ...rest]
    warmUp(args, answer)
    await timeNode(['-e', '0'])
    const pairs = await inPairs(
      size.statusPairs,
      { ours: () => timeNode(args), theirs: () => timeNode(['-e', '0']) },
      progress,
    )
    return {
      what: `${name} with ${folder === none ? 'no' : grouped(size.history)} messages`,
      against: 'node -e 0',
      unit: 'ms',
      pairs,
      target: { atMost: 3 },
    }
  }

  return [
    await rowOf(none, ['status'], /"messages_received":0,/),
    await rowOf(long, ['status'], new RegExp(`"messages_received":${size.history},`)),
    await rowOf(long, ['inbox'], new RegExp(`"seq":1,.*"unread_count":${size.history}\\}`)),
    await rowOf(long, ['search', '会议室', '--limit', '10'], /"text":"[^"]*会议室/),
  ]
}

/** The second run counts, and only one that knows its answer. */
function warmUp(args: readonly string[], answer: RegExp): void {
  const { stdout } = spawnSync(process.execPath, [...args, '--json'], { env: cleanEnvironment(), encoding: 'utf8' })
  if (!answer.test(stdout)) throw new Error(`${args.slice(1).join(' ')} says ${stdout.slice(0, 200)}`)
}

/** As a daemon leaves it that has run on for a minute; without its pauses. */
async function completeIndex(folder: DataFolder): Promise<void> {
  const database = openForReading(folder.file('state.db'))
  if (database === null) throw new Error(`${folder.path} has no database`)
  const done = Promise.withResolvers<void>()
  let waiting = 0
  const index = createSearchIndex({
    path: folder.file('search.db'),
    database: () => database,
    clock: {
      ...systemClock,
      after(_, action) {
        waiting++
        return systemClock.after(0, () => {
          action()
          if (--waiting === 0) done.resolve()
        })
      },
    },
    onUnreadable: done.reject,
    onFault: reason => done.reject(new Error(`the index can not be made: ${reason}`)),
  })
  index.follow(latestSeq(database))
  await done.promise
  index.close()
  database.close()
}
