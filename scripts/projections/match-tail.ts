/** What a file holds behind a known place, compared with what it should hold there. */

export interface DueEntry {
  readonly seq: number
  /** Whole lines; empty when this file does not show the message. */
  readonly text: string
}

export type Due = (afterSeq: number, limit: number) => readonly DueEntry[]

/** A flood brings hundreds of messages between two writes: small batches would fall behind it. */
export const BATCH = 4000
export const LF = 0x0a

/**
 * Compares what stands behind the checkpoint with what is due.
 *
 * @param exact the file only grew: then a prefix of what is due is our own, torn or not
 * @returns the last seq that is there as a whole or will be, and the bytes that complete a torn entry
 */
export function matchTail(
  tail: Buffer,
  afterSeq: number,
  { exact, due }: { exact: boolean; due: Due },
): { seq: number; missing: Uint8Array } {
  let seq = afterSeq
  let at = 0
  let searching = !exact
  for (;;) {
    const entries = due(seq, BATCH)
    if (entries.length === 0) return { seq, missing: NOTHING }
    for (const entry of entries) {
      const bytes = Buffer.from(entry.text)
      if (bytes.length === 0) {
        seq = entry.seq
        continue
      }
      if (!searching && tail.subarray(at, at + bytes.length).equals(bytes)) {
        at += bytes.length
        seq = entry.seq
        continue
      }
      const rest = tail.subarray(at)
      if (!searching && rest.length < bytes.length && bytes.subarray(0, rest.length).equals(rest)) {
        return rest.length === 0 ? { seq, missing: NOTHING } : { seq: entry.seq, missing: bytes.subarray(rest.length) }
      }
      // Edited: what is due may still stand further on, as whole lines.
      searching = true
      const found = findLines(tail, bytes, at)
      if (found === -1) {
        const torn = tornLength(tail, bytes)
        return torn === 0 ? { seq, missing: NOTHING } : { seq: entry.seq, missing: bytes.subarray(torn) }
      }
      at = found + bytes.length
      seq = entry.seq
    }
  }
}

const NOTHING = new Uint8Array(0)

/** How much of the entry stands at the very end of the file, from the start of a line. */
function tornLength(tail: Buffer, bytes: Buffer): number {
  for (let length = Math.min(tail.length, bytes.length - 1); length > 0; length--) {
    const start = tail.length - length
    const atLineStart = start === 0 || tail[start - 1] === LF
    if (atLineStart && tail.subarray(start).equals(bytes.subarray(0, length))) return length
  }
  return 0
}

function findLines(tail: Buffer, bytes: Buffer, from: number): number {
  for (let at = tail.indexOf(bytes, from); at !== -1; at = tail.indexOf(bytes, at + 1)) {
    if (at === 0 || tail[at - 1] === LF) return at
  }
  return -1
}
