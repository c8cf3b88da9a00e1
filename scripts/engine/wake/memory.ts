import type { PokeHistory } from './policy.ts'

/** What the waker knows beyond its own process: a restart neither repeats a poke nor forgets one. */
export interface WakeMemory extends PokeHistory {
  /** Of the last poke; the next one is another. */
  readonly number: number
  /** Where the agent's position was at the last look; '' before the first one. */
  readonly position: string
  /** The owner heard of these, and hears of them again only after the stream was up. */
  readonly toldRefused: boolean
  readonly toldDown: boolean
  /** Accounts at WeChat of which the owner heard that they are signed out. */
  readonly toldLogins: readonly string[]
  readonly lastTry: LastTry | null
}

interface LastTry {
  readonly at: string
  /** One word of ours. */
  readonly outcome: string
  readonly httpStatus: number | null
}

/** On the status board, beside what is told to people under `wake`. */
export const MEMORY_KEY = 'wake:memory'

const NOTHING_KNOWN: WakeMemory = {
  pokesSinceRead: 0,
  lastPokeAt: null,
  pokedSeq: 0,
  readAt: null,
  number: 0,
  position: '',
  toldRefused: false,
  toldDown: false,
  toldLogins: [],
  lastTry: null,
}

/** @param kept by an earlier process of this program */
export function restoredMemory(kept: Readonly<Record<string, unknown>> | undefined): WakeMemory {
  return { ...NOTHING_KNOWN, ...kept }
}
