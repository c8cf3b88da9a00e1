import { hash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'

/**
 * Tells copies from repetitions while two streams of one user are open (RC §7.3.5). Both carry everything, so a text
 * counts as often as the stream that showed it most often: an arrival is a copy exactly if it does not raise that
 * maximum. This needs no identity, works in any order, and keeps two equal messages of one second.
 */
export interface Overlap {
  /** A second stream is about to be requested beside `other`; call before the request is sent. */
  begin(stream: string, other: string): void
  /** The stream is gone. The other one may lag, so what it showed is remembered for a while. */
  end(stream: string): void
  /** Counts the arrival. Returns true when it is a copy of what another stream showed. */
  isCopy(stream: string, text: string): boolean
  /** Texts that one stream has shown and the other has not, yet. */
  readonly remembered: number
}

/** RC §7.3.5 */
const REMEMBER_MS = 20 * 60_000

interface Episode {
  readonly first: string
  readonly second: string
  /**
   * By how much the first stream is ahead with a text; below zero it is the second one. Only the difference decides, so
   * a text that both have shown equally often needs no entry, and an overlap of days stays small.
   */
  readonly lead: Map<string, number>
  endedAt: number | null
}

export function createOverlap(clock: Clock): Overlap {
  let episodes: Episode[] = []

  function forget(): void {
    const now = clock.monotonic()
    episodes = episodes.filter(one => one.endedAt === null || now - one.endedAt < REMEMBER_MS)
  }

  return {
    begin(stream, other) {
      forget()
      episodes.push({ first: other, second: stream, lead: new Map(), endedAt: null })
    },
    end(stream) {
      forget()
      for (const episode of episodes) {
        if (episode.first === stream || episode.second === stream) episode.endedAt ??= clock.monotonic()
      }
    },
    isCopy(stream, text) {
      if (episodes.length === 0) return false
      forget()
      let copy = false
      // A stream can be in two episodes, one with the stream before it and one with the stream after it.
      for (const { first, second, lead } of episodes) {
        if (stream !== first && stream !== second) continue
        const step = stream === first ? 1 : -1
        const key = digest(text)
        const before = lead.get(key) ?? 0
        if (before * step < 0) copy = true
        if (before + step === 0) lead.delete(key)
        else lead.set(key, before + step)
      }
      return copy
    },
    get remembered() {
      return episodes.reduce((sum, one) => sum + one.lead.size, 0)
    },
  }
}

/** A payload may be a megabyte long. */
function digest(text: string): string {
  return hash('sha256', text, 'base64')
}
