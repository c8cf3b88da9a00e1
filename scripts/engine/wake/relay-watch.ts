import type { Clock } from '../../core/clock.ts'
import type { PokeFacts } from './policy.ts'

/** What of the relay's state the owner has to hear, by way of the agent. */
export interface RelayWatch {
  /** @param state as the status shows it; null: nothing is known */
  look(state: string | null): { readonly alert: Exclude<PokeFacts['alert'], 'login_needed'>; readonly isUp: boolean }
}

/** Shorter troubles end by themselves. */
const DOWN_MS = 10 * 60_000
/** Not connected, or connected to something that says nothing. */
const DOWN: ReadonlySet<string> = new Set(['connecting', 'disconnected', 'silent', 'failed'])

export function createRelayWatch(clock: Clock): RelayWatch {
  /** By the clock that does not run while the machine sleeps: nobody is told of a night. */
  let downSince: number | null = null

  return {
    look(state) {
      downSince = state !== null && DOWN.has(state) ? (downSince ?? clock.monotonic()) : null
      const isDown = downSince !== null && clock.monotonic() - downSince >= DOWN_MS
      const alert = state === 'token_refused' ? 'token_refused' : isDown ? 'stream_down' : null
      return { alert, isUp: state === 'connected' }
    },
  }
}
