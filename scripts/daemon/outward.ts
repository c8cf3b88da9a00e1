import type { Config } from '../core/config.ts'
import type { ChannelChange } from '../engine/delivery/channel-events.ts'
import { createDeliveries, type Deliveries, type DeliveriesOptions } from '../engine/delivery/deliveries.ts'
import { createWaker } from '../engine/wake/waker.ts'
import { readStatus, readStatuses } from '../store/status.ts'

/** What leaves this machine by itself: what was received is pushed on, and the agent is woken. Both follow the files. */
export interface Outward extends Pick<Deliveries, 'kick'> {
  /** Messages were committed, and the files show them. */
  committed(): void
  /** The configuration in force, again whenever it is saved; null: there has never been a valid one. */
  apply(config: Config | null): void
  /** A part of us says how it is. */
  stateChanged(): void
  /** Something happened that is no message. */
  tell(change: ChannelChange): void
  stop(): Promise<void>
}

export function createOutward(options: DeliveriesOptions): Outward {
  let inForce: Config | null = null
  const deliveries = createDeliveries(options)
  const waker = createWaker({
    ...options,
    config: () => inForce?.wake ?? null,
    relayState() {
      const state = readStatus(options.writer.database, 'adapter:relay')?.['state']
      return typeof state === 'string' ? state : null
    },
    signedOut: () =>
      [...readStatuses(options.writer.database, 'adapter:wechat:')].flatMap(([account, { state }]) =>
        state === 'login_needed' ? account : [],
      ),
  })
  return {
    kick: deliveries.kick,
    tell: deliveries.tell,
    stateChanged: () => waker.kick(),
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
