import { spawnSync } from 'node:child_process'
import type { DataFolder } from '../scripts/store/data-folder.ts'
import type { Folders } from './folders.ts'
import type { Relay } from './relay.ts'

/** What every figure gets to work with. */
export interface Bench {
  readonly size: Size
  readonly relay: Relay
  readonly folders: Folders
  /** A data folder that was used once and holds no message: friends are known and code is compiled. */
  readonly fresh: DataFolder
  /** Made by the first figure that needs it. */
  history(): Promise<History>
  /** One line for whoever watches. */
  readonly progress: (text: string) => void
}

export interface History {
  /** It has received `size.history` messages. */
  readonly folder: DataFolder
  /** What the daemon occupied then, and what it had occupied after `size.few`. */
  readonly megabytes: Pair
}

export interface Size {
  /** Messages of one flood. */
  readonly flood: number
  readonly ingestPairs: number
  /** Messages of one turn, and how many before them are not counted. */
  readonly paced: number
  readonly pacedWarmUp: number
  readonly latencyPairs: number
  /** The daemon's memory is looked at after so many messages, and after `history`. */
  readonly few: number
  readonly history: number
  readonly memoryPairs: number
  readonly quietMs: number
  readonly startPairs: number
  readonly statusPairs: number
  /** Events that wait for a receiver that is well, and how many of them are not counted. */
  readonly queue: number
  readonly queueWarmUp: number
  readonly queuePairs: number
  /** Events that wait for each of the dead ones. */
  readonly backlog: number
  readonly deadPairs: number
  /** Messages to each account at WeChat. */
  readonly wechatEach: number
  readonly wechatPairs: number
  /** How long nobody writes to them. */
  readonly wechatIdleMs: number
}

export const FULL: Size = {
  flood: 100_000,
  ingestPairs: 5,
  paced: 300,
  pacedWarmUp: 50,
  latencyPairs: 8,
  few: 10_000,
  history: 1_000_000,
  memoryPairs: 2,
  quietMs: 10_000,
  startPairs: 10,
  statusPairs: 20,
  queue: 5000,
  queueWarmUp: 500,
  queuePairs: 4,
  backlog: 10_000,
  deadPairs: 4,
  wechatEach: 10_000,
  wechatPairs: 2,
  wechatIdleMs: 60_000,
}

export const QUICK: Size = {
  flood: 20_000,
  ingestPairs: 2,
  paced: 100,
  pacedWarmUp: 25,
  latencyPairs: 2,
  few: 5_000,
  history: 50_000,
  memoryPairs: 1,
  quietMs: 2000,
  startPairs: 4,
  statusPairs: 5,
  queue: 2000,
  queueWarmUp: 200,
  queuePairs: 2,
  backlog: 2000,
  deadPairs: 2,
  wechatEach: 500,
  wechatPairs: 1,
  wechatIdleMs: 40_000,
}

/** One line of the table. The ratio of a pair is always ours divided by theirs. */
export interface Row {
  readonly what: string
  readonly against: string
  readonly unit: string
  readonly pairs: readonly Pair[]
  readonly target: Target
}

export interface Pair {
  readonly ours: number
  readonly theirs: number
}

export type Target = { readonly atLeast: number } | { readonly atMost: number }

/** Machines are noisy: each contender runs right behind the other, again and again, on a disk that has nothing to do. */
export async function inPairs<T>(
  count: number,
  { ours, theirs }: { ours: () => Promise<T>; theirs: () => Promise<T> },
  progress: (text: string) => void,
): Promise<{ ours: T; theirs: T }[]> {
  const pairs: { ours: T; theirs: T }[] = []
  for (let n = 1; n <= count; n++) {
    progress(`pair ${n} of ${count}`)
    settleDisk()
    const first = await ours()
    settleDisk()
    pairs.push({ ours: first, theirs: await theirs() })
  }
  return pairs
}

/** What one contender left unsynced must not be written on the other one's time. */
function settleDisk(): void {
  spawnSync('sync')
}

export const grouped = (n: number): string => n.toLocaleString('en-US')
