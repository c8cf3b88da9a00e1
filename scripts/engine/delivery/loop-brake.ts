import type { Clock } from '../../core/clock.ts'
import type { StoredMessage } from '../../store/messages.ts'
import type { MessageEvent } from './message-event.ts'

/**
 * Two programs that answer each other never stop by themselves. Nothing is dropped for that: what comes from such a peer
 * is put off, so that a loop turns slowly and its owner has time to see it.
 */
export interface LoopBrake {
  /** @returns how long what came in is put off, in ms; 0: not at all */
  check(message: StoredMessage, event: MessageEvent): number
}

/** The same words so often in so long, and as many of ours in between. */
const REPEATS = 20
const WINDOW_MS = 10 * 60_000
const PUT_OFF_MS = 10 * 60_000
/** Peers that are watched at one time; who came first is forgotten first. */
const MOST_PEERS = 1000

interface Watched {
  text: string
  /** Monotonic times of that text. */
  readonly received: number[]
  readonly sent: number[]
}

export function createLoopBrake(clock: Clock): LoopBrake {
  const peers = new Map<string, Watched>()

  function watch(lane: string): Watched {
    const known = peers.get(lane)
    const watched = known ?? { text: '', received: [], sent: [] }
    peers.delete(lane)
    peers.set(lane, watched)
    const oldest = peers.keys().next().value
    if (peers.size > MOST_PEERS && oldest !== undefined) peers.delete(oldest)
    return watched
  }

  function note(times: number[]): number {
    const now = clock.monotonic()
    while (times[0] !== undefined && times[0] < now - WINDOW_MS) times.shift()
    times.push(now)
    if (times.length > 2 * REPEATS) times.shift()
    return times.length
  }

  return {
    check(message, event) {
      const watched = watch(event.lane)
      if (event.name === 'message.sent') {
        note(watched.sent)
        return 0
      }
      if (event.name !== 'message.received') return 0
      if (watched.text !== message.content) {
        watched.text = message.content
        watched.received.length = 0
      }
      if (note(watched.received) < REPEATS) return 0
      // What a webhook brings is answered by being pushed on; people are answered by sending to them.
      const isAnswered = message.from?.address.scheme === 'webhook' || watched.sent.length >= REPEATS
      return isAnswered ? PUT_OFF_MS : 0
    },
  }
}
