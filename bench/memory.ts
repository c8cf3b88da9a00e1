import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type Bench, grouped, type History, type Row } from './bench.ts'
import { startDaemon } from './daemon.ts'
import { shows } from './folders.ts'
import { until } from './processes.ts'
import { OURS } from './relay.ts'

/** The bytes of so many messages are made ready at a time. */
const PORTION = 100_000

/** What the daemon occupies after many messages, against the same process after few. */
export async function memory(bench: Bench): Promise<Row[]> {
  const { size, folders } = bench
  const pairs = [(await bench.history()).megabytes]
  while (pairs.length < size.memoryPairs) {
    const { folder, megabytes } = await receiveHistory(bench)
    folders.remove(folder)
    pairs.push(megabytes)
  }
  return [
    {
      what: `memory after ${grouped(size.history)} messages`,
      against: `after ${grouped(size.few)} messages`,
      unit: 'MB',
      pairs,
      target: { atMost: 1.3 },
    },
  ]
}

/** Fills a data folder the way it is filled in life: through the stream of a running daemon. */
export async function receiveHistory({ relay, folders, fresh, size, progress }: Bench): Promise<History> {
  const folder = folders.copy(fresh, 'history')
  const { daemon } = await startDaemon(folder, relay)

  /** Resolves, after some quiet, with what the daemon occupies. */
  async function receive(first: number, end: number): Promise<number> {
    for (let n = first; n < end; n += PORTION) {
      progress(`${grouped(n)} of ${grouped(size.history)} messages received`)
      await relay.prepare(n, Math.min(PORTION, end - n))
      await Promise.race([relay.flood(OURS), daemon.failed])
    }
    await until('the last message in both files', () => shows(folder, end - 1), { child: daemon })
    await daemon.rest(size.quietMs)
    return residentMegabytes(daemon.pid)
  }

  const theirs = await receive(0, size.few)
  const ours = await receive(size.few, size.history)
  await daemon.stop()
  return { folder, megabytes: { ours, theirs } }
}

function residentMegabytes(pid: number): number {
  return residentKilobytes(pid) / 1024
}

function residentKilobytes(pid: number): number {
  if (process.platform === 'linux') {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  }
  return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout)
}
