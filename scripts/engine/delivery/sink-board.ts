import { type Clock, utcSeconds } from '../../core/clock.ts'
import type { ChannelLog } from '../../projections/channel-log.ts'
import type { StatusBoard } from '../status-board.ts'

/** How each sink is, on the status board and, once a change, in the channel log. */
export interface SinkBoard {
  show(name: string, state: ShownState): void
  /** The next state is a new one. */
  forget(name: string): void
  /** Nothing is told of any other one. */
  keepOnly(names: ReadonlySet<string>): Promise<void>
}

export interface ShownState {
  readonly state: string
  readonly reason: string | null
  /** ms since the epoch */
  readonly nextTryAt?: number | null
}

export function createSinkBoard({
  board,
  channelLog,
  clock,
}: {
  board: StatusBoard
  channelLog: ChannelLog
  clock: Clock
}): SinkBoard {
  const states = new Map<string, string>()

  return {
    show(name, { state, reason, nextTryAt = null }) {
      const present = `${state} ${reason ?? ''}`
      const isNew = states.get(name) !== present
      states.set(name, present)
      board.merge(`sink:${name}`, {
        state,
        reason,
        next_try_utc: nextTryAt === null ? null : utcSeconds(nextTryAt),
        ...(isNew ? { since_utc: utcSeconds(clock.now()) } : {}),
      })
      if (isNew) channelLog.event('SINK_STATE', { sink: name, state, reason: reason ?? undefined })
    },
    forget: name => void states.delete(name),
    keepOnly: names => board.keepOnly('sink:', names),
  }
}
