import type { WitnessedPush } from '../support/push-witness.ts'

/** What one receiver was to get: the numbers of the messages, and whose they are. In order. */
export type Owed = ReadonlyMap<number, string>

export interface PushVerdict {
  /** Owed, and never taken. */
  readonly missing: readonly number[]
  /** Not owed. */
  readonly foreign: readonly number[]
  /** Came before an earlier message of the same peer had been taken. */
  readonly early: readonly number[]
  /** Ids and messages that do not belong to each other alone, and ids that came with other bytes. */
  readonly confused: readonly string[]
  /** Taken once more. */
  readonly repeated: number
  /** Those of them that a daemon had had the time to note, or that the same daemon brought again. */
  readonly unexcused: readonly string[]
}

/** What a kill may cost: what was delivered and not noted yet, and the request in flight (engine/delivery/sink-loop). */
export const MOST_REPEATED = 51

/** Holds what a receiver saw against what it was owed. */
export function judgePushes(pushes: readonly WitnessedPush[], owed: Owed): PushVerdict {
  const taken = pushes.filter(one => one.answer === 'taken')
  const told = new Set(taken.flatMap(({ seq }) => seq ?? []))
  return {
    missing: [...owed.keys()].filter(seq => !told.has(seq)),
    foreign: [...told].filter(seq => !owed.has(seq)),
    early: earlyOnes(pushes, owed),
    confused: confusedIds(pushes),
    ...repetitions(taken),
  }
}

function earlyOnes(pushes: readonly WitnessedPush[], owed: Owed): number[] {
  /** What each peer is still waiting to have taken, in order. */
  const open = new Map<string, Set<number>>()
  for (const [seq, peer] of owed) open.set(peer, (open.get(peer) ?? new Set()).add(seq))
  const early: number[] = []
  for (const { seq, answer } of pushes) {
    const ofPeer = seq === null ? undefined : open.get(owed.get(seq) ?? '')
    if (seq === null || ofPeer === undefined) continue
    const [next] = ofPeer
    if (ofPeer.has(seq) && next !== seq) early.push(seq)
    if (answer === 'taken') ofPeer.delete(seq)
  }
  return early
}

function confusedIds(pushes: readonly WitnessedPush[]): string[] {
  const first = new Map<string, WitnessedPush>()
  const idOf = new Map<number, string>()
  const confused = new Set<string>()
  for (const push of pushes) {
    const { id, seq, digest } = push
    const known = first.get(id) ?? push
    first.set(id, known)
    if (known.seq !== seq || known.digest !== digest) confused.add(id)
    if (seq === null) continue
    if ((idOf.get(seq) ?? id) !== id) confused.add(id)
    idOf.set(seq, id)
  }
  return [...confused]
}

function repetitions(taken: readonly WitnessedPush[]): Pick<PushVerdict, 'repeated' | 'unexcused'> {
  const unnoted = lastOfEachLife(taken)
  const lastLife = new Map<string, number>()
  const unexcused: string[] = []
  let repeated = 0
  for (const { id, life } of taken) {
    const before = lastLife.get(id)
    lastLife.set(id, life)
    if (before === undefined) continue
    repeated++
    if (before === life || unnoted.get(before)?.has(id) !== true) unexcused.push(id)
  }
  return { repeated, unexcused }
}

/** The ids that may be in doubt after the end of each daemon. */
function lastOfEachLife(taken: readonly WitnessedPush[]): Map<number, ReadonlySet<string>> {
  const lives = Map.groupBy(taken, ({ life }) => life)
  return new Map([...lives].map(([life, all]) => [life, new Set(all.slice(-MOST_REPEATED).map(({ id }) => id))]))
}

/** Messages whose id is another one elsewhere. */
export function differentlyNamed(witnesses: readonly (readonly WitnessedPush[])[]): number[] {
  const ids = new Map<number, Set<string>>()
  for (const { seq, id } of witnesses.flat()) if (seq !== null) ids.set(seq, (ids.get(seq) ?? new Set()).add(id))
  return [...ids].flatMap(([seq, names]) => (names.size > 1 ? [seq] : []))
}
