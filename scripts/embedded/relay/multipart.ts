/** Takes a `multipart/form-data` body apart while it arrives. A file that nobody keeps is counted, not held in memory. */

import { type PartHead, parsePartHead } from './multipart-head.ts'
import { UnreadableBody } from './replies.ts'

export interface Part extends PartHead {
  /** The true length; `bytes` may hold less. */
  readonly size: number
  readonly bytes: Buffer
}

/** A file name of 246 bytes is refused later anyway; the rest is room for other headers. */
const LONGEST_HEAD_BYTES = 16 * 1024

/** The relay's endpoints know three fields. */
const MOST_PARTS = 20

const HEAD_END = Buffer.from('\r\n\r\n')

interface OpenPart {
  readonly head: PartHead
  readonly kept: Buffer[]
  readonly keepBytes: number
  size: number
}

export interface MultipartParser {
  write(chunk: Buffer): void
  /** The parts, after the last chunk; throws when the closing boundary has not come. */
  end(): Part[]
}

export interface MultipartOptions {
  readonly boundary: string
  /** How many bytes of a part are worth keeping; one more is kept, to see that there were more. */
  keepBytes(head: PartHead): number
}

export function createMultipartParser({ boundary, keepBytes }: MultipartOptions): MultipartParser {
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
  const parts: Part[] = []
  let state: 'preamble' | 'delimiter' | 'head' | 'content' | 'done' = 'preamble'
  let open: OpenPart | null = null
  // The first delimiter may stand at the very beginning: as if a line break had come before the body.
  let rest = Buffer.from('\r\n')

  function take(part: OpenPart, bytes: Buffer): void {
    const room = Math.max(0, part.keepBytes + 1 - part.size)
    // A copy: a slice would keep the whole chunk alive.
    if (room > 0) part.kept.push(Buffer.from(bytes.subarray(0, room)))
    part.size += bytes.length
  }

  function close(part: OpenPart): void {
    parts.push({ ...part.head, size: part.size, bytes: Buffer.concat(part.kept) })
  }

  /** One step through `rest`; false when more bytes are needed. */
  function step(): boolean {
    switch (state) {
      case 'preamble':
      case 'content': {
        const at = rest.indexOf(delimiter)
        // What could be the beginning of a delimiter stays until the next chunk.
        const contentEnd = at >= 0 ? at : Math.max(0, rest.length - delimiter.length + 1)
        if (open !== null) take(open, rest.subarray(0, contentEnd))
        rest = rest.subarray(at >= 0 ? at + delimiter.length : contentEnd)
        if (at < 0) return false
        if (open !== null) close(open)
        open = null
        state = 'delimiter'
        return true
      }
      case 'delimiter': {
        if (rest.length < 2) return false
        const next = rest.toString('latin1', 0, 2)
        if (next === '--') state = 'done'
        else if (next === '\r\n' && parts.length < MOST_PARTS) state = 'head'
        else throw new UnreadableBody()
        rest = rest.subarray(2)
        return true
      }
      case 'head': {
        const at = rest.indexOf(HEAD_END)
        if (at > LONGEST_HEAD_BYTES || (at < 0 && rest.length > LONGEST_HEAD_BYTES)) throw new UnreadableBody()
        if (at < 0) return false
        const head = parsePartHead(rest.subarray(0, at))
        if (head === null) throw new UnreadableBody()
        open = { head, kept: [], keepBytes: keepBytes(head), size: 0 }
        rest = rest.subarray(at + HEAD_END.length)
        state = 'content'
        return true
      }
      case 'done':
        rest = Buffer.alloc(0)
        return false
    }
  }

  return {
    write(chunk) {
      rest = Buffer.concat([rest, chunk])
      while (step()) {
        // `step` moves on by itself.
      }
    },
    end() {
      if (state !== 'done') throw new UnreadableBody()
      return parts
    },
  }
}
