import type { Clock } from '../../core/clock.ts'
import type { Stream } from './stream.ts'
import { SILENT_MS, type StreamView } from './stream-rule.ts'

/** One stream of the channel, with what is known of its health. */
export interface Live {
  readonly name: string
  readonly stream: Stream
  connectedAt: number | null
  lastByteAt: number
  /** Heard without a silence since then. */
  steadySince: number
  /** The log says that it is silent. */
  toldSilent: boolean
  deaf: boolean
  /** We closed it. */
  dropped: boolean
}

/** The open streams, oldest first. */
export interface Lives {
  readonly all: readonly Live[]
  add(name: string, stream: Stream): Live
  remove(live: Live): void
  isConnected(live: Live): void
  /** Notes a byte. Returns how long there had been none, in milliseconds. */
  heard(live: Live): number
  silentMs(live: Live): number
  /** Since it was connected. */
  ageMs(live: Live): number
  /** The oldest one that is connected. */
  connected(): Live | null
  /** There is one that is connected, and of none of them any byte has come for long. */
  allSilent(): boolean
  /** From now on they count as not heard for so long. */
  distrust(ms: number): void
  view(live: Live): StreamView
}

export function createLives(clock: Clock): Lives {
  const all: Live[] = []
  const now = () => clock.monotonic()
  const silentMs = (live: Live) => now() - live.lastByteAt

  return {
    all,
    add(name, stream) {
      const live: Live = {
        name,
        stream,
        connectedAt: null,
        lastByteAt: now(),
        steadySince: now(),
        toldSilent: false,
        deaf: false,
        dropped: false,
      }
      all.push(live)
      return live
    },
    remove(live) {
      const at = all.indexOf(live)
      if (at !== -1) all.splice(at, 1)
    },
    isConnected(live) {
      live.connectedAt = now()
      live.lastByteAt = now()
      live.steadySince = now()
    },
    heard(live) {
      const silent = silentMs(live)
      live.lastByteAt = now()
      if (silent >= SILENT_MS) live.steadySince = now()
      return silent
    },
    silentMs,
    ageMs: live => (live.connectedAt === null ? 0 : now() - live.connectedAt),
    connected: () => all.find(one => one.connectedAt !== null) ?? null,
    allSilent() {
      const connected = all.filter(one => one.connectedAt !== null)
      return connected.length > 0 && connected.every(one => one.toldSilent)
    },
    distrust(ms) {
      for (const live of all) live.lastByteAt = Math.min(live.lastByteAt, now() - ms)
    },
    view: live => ({
      connected: live.connectedAt !== null,
      silentMs: silentMs(live),
      steadyMs: now() - live.steadySince,
      deaf: live.deaf,
    }),
  }
}
