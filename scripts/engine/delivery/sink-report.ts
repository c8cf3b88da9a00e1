import { errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'

/** How a sink is, as `status` shows it. */
export interface SinkHealth {
  /** `refused`: the other side would not take something, which was given up. */
  readonly state: 'working' | 'failing' | 'refused' | 'held' | 'paused'
  readonly reason: string | null
  /** ms since the epoch; null: nothing is planned */
  readonly nextTryAt: number | null
}

export interface SinkReport {
  readonly state: SinkHealth['state']
  tell(next: SinkHealth): void
  /** It has just been said that it works. */
  begin(): void
}

const WORKING: SinkHealth = { state: 'working', reason: null, nextTryAt: null }

export function createSinkReport({ onState, log }: { onState: (health: SinkHealth) => void; log: Logger }): SinkReport {
  let health = WORKING

  return {
    get state() {
      return health.state
    },
    tell(next) {
      const { state, reason, nextTryAt } = health
      health = next
      if (next.state === state && next.reason === reason && next.nextTryAt === nextTryAt) return
      try {
        onState(next)
      } catch (error) {
        // What is told of a delivery must not decide what becomes of it.
        log.error('the state of a sink was not told', { state: next.state, error: errorCode(error) })
      }
    },
    begin() {
      health = WORKING
    },
  }
}
