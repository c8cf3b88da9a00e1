/**
 * Collects chunks in one piece. A chunk costs its bytes and nothing else, however many and small the other side makes
 * them, and its own buffer, which may be a slice of a large one, is not kept.
 */
export interface GrowingBytes {
  readonly length: number
  add(chunk: Uint8Array): void
  /** Everything so far; what is added from now on is a new piece. */
  take(): Uint8Array
}

const NOTHING = new Uint8Array(0)
const FIRST_ROOM = 4096

export function createGrowingBytes(): GrowingBytes {
  let room = NOTHING
  let length = 0
  return {
    get length() {
      return length
    },
    add(chunk) {
      const needed = length + chunk.length
      if (needed > room.length) {
        const larger = new Uint8Array(Math.max(FIRST_ROOM, room.length * 2, needed))
        larger.set(room.subarray(0, length))
        room = larger
      }
      room.set(chunk, length)
      length = needed
    },
    take() {
      const taken = room.subarray(0, length)
      room = NOTHING
      length = 0
      return taken
    },
  }
}
