import { createHash } from 'node:crypto'
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
  /** A digest: a thousand texts may be a thousand megabytes. */
  words: string
  /** Monotonic times of those words. */
  readonly received: number[]
  readonly sent: number[]
}

export function createLoopBrake(clock: Clock): LoopBrake {
  const peers = new Map<string, Watched>()

  function watch(lane: string): Watched {
    const known = peers.get(lane)
    const watched = known ?? { words: '', received: [], sent: [] }
    peers.delete(lane)
    peers.set(lane, watched)
    const oldest = peers.keys().next().value
    if (peers.size > MOST_PEERS && oldest !== undefined) peers.delete(oldest)
    forgetOld(watched.received)
    forgetOld(watched.sent)
    return watched
  }

  function forgetOld(times: number[]): void {
    const since = clock.monotonic() - WINDOW_MS
    while (times[0] !== undefined && times[0] < since) times.shift()
  }

  function note(times: number[]): void {
    times.push(clock.monotonic())
    if (times.length > REPEATS) times.shift()
  }

  return {
    check(message, event) {
      const watched = watch(event.lane)
      if (event.name === 'message.sent') {
        note(watched.sent)
        return 0
      }
      if (event.name !== 'message.received') return 0
      const words = createHash('sha256').update(message.content).digest('base64')
      if (watched.words !== words) {
        watched.words = words
        watched.received.length = 0
      }
      note(watched.received)
      if (watched.received.length < REPEATS) return 0
      // What a webhook brings is answered by being pushed on; people are answered by sending to them.
      const isAnswered = message.from?.address.scheme === 'webhook' || watched.sent.length >= REPEATS
      return isAnswered ? PUT_OFF_MS : 0
    },
  }
}
