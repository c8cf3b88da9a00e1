import { spawnSync } from 'node:child_process'
import type { DataFolder } from '../scripts/store/data-folder.ts'
import { type Bench, grouped, inPairs, type Row } from './bench.ts'
import { cleanEnvironment, LAUNCHER, timeNode } from './processes.ts'

/** What an agent waits for `status`, against what any program in Node costs. */
export async function status(bench: Bench): Promise<Row[]> {
  const { size, folders, fresh, progress } = bench
  const { folder: long } = await bench.history()
  const none = folders.copy(fresh, 'none')

  async function rowOf(folder: DataFolder, messages: number): Promise<Row> {
    const args = [LAUNCHER, 'status', '--data-dir', folder.path]
    warmUp(args, messages)
    await timeNode(['-e', '0'])
    const pairs = await inPairs(
      size.statusPairs,
      { ours: () => timeNode(args), theirs: () => timeNode(['-e', '0']) },
      progress,
    )
    return {
      what: `status with ${messages === 0 ? 'no' : grouped(messages)} messages`,
      against: 'node -e 0',
      unit: 'ms',
      pairs,
      target: { atMost: 3 },
    }
  }

  return [await rowOf(none, 0), await rowOf(long, size.history)]
}

/** The second run counts, and only one that knows its answer. */
function warmUp(args: readonly string[], messages: number): void {
  const { stdout } = spawnSync(process.execPath, [...args, '--json'], { env: cleanEnvironment(), encoding: 'utf8' })
  const received = /"messages_received":(\d+)/.exec(stdout)?.[1]
  if (Number(received) !== messages) throw new Error(`status says ${received} messages instead of ${messages}`)
}
