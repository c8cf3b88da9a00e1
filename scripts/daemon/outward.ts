import type { Clock } from '../core/clock.ts'
import type { Config } from '../core/config.ts'
import type { FetchLike } from '../core/fetch.ts'
import type { Logger } from '../core/logger.ts'
import type { ChannelChange } from '../engine/delivery/channel-events.ts'
import { createDeliveries, type Deliveries } from '../engine/delivery/deliveries.ts'
import type { StatusBoard } from '../engine/status-board.ts'
import { createWaker } from '../engine/wake/waker.ts'
import type { ChannelLog } from '../projections/channel-log.ts'
import { readStatus } from '../store/status.ts'
import type { Writer } from '../store/writer.ts'

/** What leaves this machine by itself: what was received is pushed on, and the agent is woken. Both follow the files. */
export interface Outward extends Pick<Deliveries, 'kick'> {
  /** Messages were committed, and the files show them. */
  committed(): void
  /** The configuration in force, again whenever it is saved; null: there has never been a valid one. */
  apply(config: Config | null): void
  /** Something happened that is no message. */
  tell(change: ChannelChange): void
  stop(): Promise<void>
}

export interface OutwardOptions {
  readonly writer: Writer
  readonly clock: Clock
  readonly fetch: FetchLike
  readonly log: Logger
  readonly board: StatusBoard
  readonly channelLog: ChannelLog
  readonly version: string
}

export function createOutward(options: OutwardOptions): Outward {
  let inForce: Config | null = null
  const deliveries = createDeliveries(options)
  const waker = createWaker({
    ...options,
    config: () => inForce?.wake ?? null,
    relayState() {
      const state = readStatus(options.writer.database, 'adapter:relay')?.['state']
      return typeof state === 'string' ? state : null
    },
  })
  return {
    kick: deliveries.kick,
    tell: deliveries.tell,
    committed() {
      deliveries.committed()
      waker.kick()
    },
    apply(config) {
      inForce = config
      if (config !== null) deliveries.apply(config)
      waker.configChanged()
    },
    async stop() {
      await waker.stop()
      await deliveries.stop()
    },
  }
}
