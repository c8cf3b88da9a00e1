/** Ids and chance. Both can be had again: the same seed gives the same ones. */

import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

/** Uniform in [0, 1). mulberry32: public domain, one word of state, good enough to choose who is hit. */
export function seededChance(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Ids {
  hex(purpose: string, bytes: number): string
  base64(purpose: string, bytes: number): string
  bytes(purpose: string, bytes: number): Buffer
  /** Above 2^53 and odd: no JavaScript number is the same (IL §10). */
  uint64(purpose: string): bigint
}

/**
 * Deterministic ids are a hash of the seed, the purpose and a count of their own, which stands in the database: other
 * requests in between, and a restart, change nothing.
 */
export function createIds(sql: DatabaseSync, { seed, deterministic }: { seed: number; deterministic: boolean }): Ids {
  const count = sql.prepare(
    `INSERT INTO counters (name, value) VALUES (?, 1)
     ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`,
  )

  function bytes(purpose: string, length: number): Buffer {
    if (!deterministic) return randomBytes(length)
    const number = count.get(purpose)?.['value']
    const blocks: Buffer[] = []
    for (let block = 0; block * 32 < length; block++) {
      blocks.push(createHash('sha256').update(`${seed}:${purpose}:${number}:${block}`).digest())
    }
    return Buffer.concat(blocks).subarray(0, length)
  }

  return {
    bytes,
    hex: (purpose, length) => bytes(purpose, length).toString('hex'),
    base64: (purpose, length) => bytes(purpose, length).toString('base64'),
    uint64: purpose => bytes(purpose, 8).readBigUInt64BE() | (1n << 62n) | 1n,
  }
}
