import { fixtureNames, fixtureTruth } from './fixtures.ts'

/** The text in front of the relay's lines in a profile (RC §4.4). */
export function profileHead(id: number, name: string, description: string | null): string {
  return `${name}（ID:${id}）\n    简介：${description === null || description === '' ? '（无）' : description}`
}

/** Everybody who appears as a sender in the recordings. */
export function recordedHeads(): ReadonlyMap<number, string> {
  const heads = new Map<number, string>()
  for (const name of fixtureNames(/\.truth\.json$/)) {
    for (const one of fixtureTruth(name.replace('.truth.json', ''))) {
      if (one.from_id === undefined || one.from_name === undefined) continue
      heads.set(one.from_id, profileHead(one.from_id, one.from_name, one.from_description ?? null))
    }
  }
  return heads
}
