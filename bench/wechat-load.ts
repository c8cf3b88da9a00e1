import type { Child } from './processes.ts'
import { type Cost, costOf } from './wechat-cost.ts'

/** What follows a start or the last message is over then: files are synced within a second. */
const SETTLE_MS = 2000

export interface Load {
  readonly cpuUs: number
  readonly startMb: number
  readonly peakMb: number
  readonly endMb: number
}

/** What a daemon has cost between the two, with the most that it occupied meanwhile. */
function watch({ pid }: Child): { readonly start: Cost; peakMb(): number; stop(): void } {
  const start = costOf(pid)
  let peakMb = start.megabytes
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, costOf(pid).megabytes)
  }, 100)
  return { start, peakMb: () => peakMb, stop: () => clearInterval(timer) }
}

/** @param work resolves with how many messages it was */
export async function loadOf(daemon: Child, work: () => Promise<number>): Promise<Load> {
  await daemon.rest(SETTLE_MS)
  const watched = watch(daemon)
  const count = await work()
  await daemon.rest(SETTLE_MS)
  watched.stop()
  const end = costOf(daemon.pid)
  return {
    cpuUs: ((end.cpuMs - watched.start.cpuMs) * 1000) / count,
    startMb: watched.start.megabytes,
    peakMb: watched.peakMb(),
    endMb: end.megabytes,
  }
}
