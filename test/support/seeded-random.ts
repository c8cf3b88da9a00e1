import { FULL } from './scale.ts'

/** Chance that can be had again: the same seed gives the same numbers. For campaigns too long for a shrinking library. */
export interface SeededRandom {
  /** A whole number, 0 … limit - 1. */
  below(limit: number): number
  /** A whole number, both ends included. */
  between(least: number, most: number): number
  chance(share: number): boolean
  pick<T>(from: readonly T[]): T
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0
  /** mulberry32: public domain, one word of state, good enough to choose places. */
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: share => next() < share,
    pick: from => from[below(from.length)] as never,
  }
}

/** Whatever fails names its seed; with it in this variable, a run of the same form meets the same failure. */
const SEED_VARIABLE = 'OPENWECHAT_TEST_SEED'

/** The short form always takes the same way, the full form a new one each time. */
export function campaignSeed(): number {
  const given = process.env[SEED_VARIABLE]
  if (given !== undefined) return Number(given)
  return FULL ? Date.now() | 0 : 1
}

/** Holds a law for so many rounds, each with a seed of its own: with the seed that failed, that round comes first. */
export async function campaign(rounds: number, law: (random: SeededRandom) => Promise<void> | void): Promise<void> {
  const first = campaignSeed()
  for (let round = 0; round < rounds; round++) {
    const seed = (first + round) | 0
    try {
      await law(seededRandom(seed))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw new Error(`${SEED_VARIABLE}=${seed} shows this again: ${message}`, { cause: error })
    }
  }
}
