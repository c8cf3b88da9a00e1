import type { Address } from '../../core/address.ts'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { DataFolder } from '../../store/data-folder.ts'
import type { OutboxEntry } from '../../store/outbox.ts'
import type { Writer } from '../../store/writer.ts'
import type { Claimed } from './settlement.ts'

/** What waits for one kind of channel: in order per recipient, and as often as the channel allows. */
export interface SendQueue {
  /** In whose name it would go there. @throws ConfigError where nobody's */
  from(to: Address): Sender
  /** Looks after what an earlier process left, then sends what waits. */
  start(): Promise<void>
  /** Something new waits. */
  pump(): void
  isUnderWay(entry: Pick<OutboxEntry, 'to'>): boolean
  /** For how long the other side wants to be left alone; 0: it does not say. */
  throttledMs(): number
  /** Begins nothing new, and gives what is under way a while to end. */
  stop(): Promise<void>
}

export interface Sender {
  /** The adapter. */
  readonly sink: string
  /** As the store knows it. */
  readonly account: string
}

/** What queues share. */
export interface QueueParts {
  readonly folder: DataFolder
  readonly writer: Writer
  readonly clock: Clock
  readonly log: Logger
  /** Who the configuration says that we are. */
  readonly claimed: () => Claimed
  /** Something was committed that files show, or that somebody waits for. */
  readonly announce: () => void
  /** Whoever waits for that entry follows how its file goes out. */
  readonly progress: (entry: number) => (done: number, total: number) => void
}

/** One that is slow, a file say, must not keep the messages to everybody else. */
export const MOST_AT_ONCE = 4
/** After a fault of ours, or of the store. */
export const RETRY_MS = 5000
/** At a stop a request is heard out for as long as a read is (design §3). */
const LAST_SEND_MS = 35_000

/** Waits for what is under way; what takes too long is aborted. */
export async function hearOut(
  underWay: Iterable<Promise<void>>,
  { clock, ending }: { clock: Clock; ending: AbortController },
): Promise<void> {
  const done = new AbortController()
  const patience = clock.sleep(LAST_SEND_MS, done.signal).then(
    () => ending.abort(new DOMException('The daemon stops', 'AbortError')),
    () => undefined,
  )
  await Promise.all(underWay)
  done.abort()
  await patience
}
