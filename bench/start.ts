import type { DataFolder } from '../scripts/store/data-folder.ts'
import { type Bench, grouped, inPairs, type Row } from './bench.ts'
import { startDaemon } from './daemon.ts'
import { now } from './time.ts'

/** From the start of the process until it runs and is connected: with a long history, against none. */
export async function start(bench: Bench): Promise<Row[]> {
  const { size, relay, folders, fresh, progress } = bench
  const { folder: long } = await bench.history()
  const none = folders.copy(fresh, 'none')

  async function startIn(folder: DataFolder): Promise<number> {
    const beganAt = now()
    const { daemon, readyAt } = await startDaemon(folder, relay)
    await daemon.stop()
    return readyAt - beganAt
  }

  return [
    {
      what: `start with ${grouped(size.history)} messages`,
      against: 'start with none',
      unit: 'ms',
      pairs: await inPairs(size.startPairs, { ours: () => startIn(long), theirs: () => startIn(none) }, progress),
      target: { atMost: 1.5 },
    },
  ]
}
