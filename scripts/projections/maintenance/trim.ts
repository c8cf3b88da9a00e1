import { LF } from '../match-tail.ts'

/** Takes records out of a file, piece by piece, so that a large one is never held in memory. */
export interface Trimmer {
  feed(bytes: Uint8Array): Trimmed
  /** What follows the last line end. */
  end(): Trimmed
}

/** Whole lines, byte for byte as they came. */
export interface Trimmed {
  readonly kept: Uint8Array
  readonly removed: Uint8Array
}

/** What becomes of a record that begins with this line; null: it begins none, and goes the way of the record before it. */
export type Judge = (line: string) => 'keep' | 'remove' | null

/** No record of ours is longer; what is goes the way of the line before it. */
const LONGEST_LINE = 16 * 1024 * 1024
const OPENING_BRACKET = 0x5b

export function createTrimmer(judge: Judge): Trimmer {
  let rest: Buffer = NOTHING
  /** What stands before the first record belongs to none. */
  let fate: 'keep' | 'remove' = 'keep'
  /** The beginning of this line is gone already. */
  let inLongLine = false

  function decide(line: Buffer): void {
    // Records begin with a time in brackets.
    if (inLongLine || line[0] !== OPENING_BRACKET) return
    fate = judge(line.toString('utf8')) ?? fate
  }

  function sort(lines: readonly Buffer[]): Trimmed {
    const kept: Buffer[] = []
    const removed: Buffer[] = []
    for (const line of lines) {
      const whole = line.at(-1) === LF
      decide(whole ? line.subarray(0, -1) : line)
      ;(fate === 'keep' ? kept : removed).push(line)
      inLongLine = !whole
    }
    return { kept: Buffer.concat(kept), removed: Buffer.concat(removed) }
  }

  return {
    feed(bytes) {
      const all = Buffer.concat([rest, bytes])
      const lines: Buffer[] = []
      let from = 0
      for (let at = all.indexOf(LF); at !== -1; at = all.indexOf(LF, from)) {
        lines.push(all.subarray(from, at + 1))
        from = at + 1
      }
      rest = all.subarray(from)
      if (rest.length > LONGEST_LINE) {
        lines.push(rest)
        rest = NOTHING
      }
      return sort(lines)
    },
    end() {
      const last = rest
      rest = NOTHING
      return sort(last.length === 0 ? [] : [last])
    },
  }
}

const NOTHING = Buffer.alloc(0)
