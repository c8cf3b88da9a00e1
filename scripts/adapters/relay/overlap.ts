import type { Clock } from '../../core/clock.ts'

/**
 * Tells copies from repetitions while two streams of one user are open (RC §7.3.5). Both carry everything, so a text
 * counts as often as the stream that showed it most often: an arrival is a copy exactly if it does not raise that
 * maximum. This needs no identity, works in any order, and keeps two equal messages of one second.
 */
export interface Overlap {
  /** A second stream is about to be requested beside `others`; call before the request is sent. */
  begin(stream: string, others: readonly string[]): void
  /** The stream is gone. The other one may lag, so what it showed is remembered for a while. */
  end(stream: string): void
  /** Counts the arrival. Returns true when it is a copy of what another stream showed. */
  isCopy(stream: string, text: string): boolean
}

/** RC §7.3.5 */
const REMEMBER_MS = 20 * 60_000

interface Episode {
  readonly counts: ReadonlyMap<string, Map<string, number>>
  readonly most: Map<string, number>
  endedAt: number | null
}

export function createOverlap(clock: Clock): Overlap {
  let episodes: Episode[] = []

  return {
    begin(stream, others) {
      if (others.length === 0) return
      const counts = new Map([stream, ...others].map(name => [name, new Map<string, number>()]))
      episodes.push({ counts, most: new Map(), endedAt: null })
    },
    end(stream) {
      for (const episode of episodes) {
        if (episode.counts.has(stream)) episode.endedAt ??= clock.monotonic()
      }
    },
    isCopy(stream, text) {
      const now = clock.monotonic()
      episodes = episodes.filter(one => one.endedAt === null || now - one.endedAt < REMEMBER_MS)
      let copy = false
      for (const { counts, most } of episodes) {
        const own = counts.get(stream)
        if (own === undefined) continue
        const seen = (own.get(text) ?? 0) + 1
        own.set(text, seen)
        if (seen > (most.get(text) ?? 0)) most.set(text, seen)
        else copy = true
      }
      return copy
    },
  }
}
