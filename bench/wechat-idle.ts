import type { DataFolder } from '../scripts/store/data-folder.ts'
import { openForReading } from '../scripts/store/database.ts'
import type { Bench } from './bench.ts'
import { costOf } from './wechat-cost.ts'
import { startOnWechat } from './wechat-daemon.ts'

/** What has followed a start is over then. */
const SETTLE_MS = 4000

export interface IdleCost {
  readonly cpuMs: number
  readonly polls: number
  /** At least: what happens between two looks counts as one. */
  readonly commits: number
}

/** What a daemon costs while nobody writes to so many accounts. */
export async function idleCost(bench: Bench, accounts: number): Promise<IdleCost> {
  const { size, folders } = bench
  const scene = await startOnWechat(bench, { accounts, more: 0 })
  const { folder, daemon } = scene
  await daemon.rest(SETTLE_MS)
  const before = await scene.order({ kind: 'count' }, 'counted')
  if (before.held !== accounts) throw new Error(`${before.held} of ${accounts} polls are held`)
  const cost = costOf(daemon.pid)
  const commits = countCommits(folder)
  await daemon.rest(size.wechatIdleMs)
  const idle = {
    cpuMs: costOf(daemon.pid).cpuMs - cost.cpuMs,
    commits: commits(),
    polls: (await scene.order({ kind: 'count' }, 'counted')).polls - before.polls,
  }
  await scene.stop()
  folders.remove(folder)
  return idle
}

/** Another connection sees that the database is not the one that it was. */
function countCommits(folder: DataFolder): () => number {
  const database = openForReading(folder.file('state.db'))
  if (database === null) throw new Error('there is no state.db')
  const version = () => Number(database.get('PRAGMA data_version')?.['data_version'])
  let last = version()
  let commits = 0
  const timer = setInterval(() => {
    const present = version()
    if (present !== last) commits++
    last = present
  }, 5)
  return () => {
    clearInterval(timer)
    database.close()
    return commits
  }
}
