import { createGrowingBytes } from './growing-bytes.ts'
import { replaceInPieces } from './in-pieces.ts'

/**
 * Stands between the socket and the EventSource parser and sees every byte.
 *
 * The relay ends lines with LF only and passes CR through, while a conforming parser ends lines at CR too: a peer could
 * forge whole events (RC §6, 810). So CR is spelled out before the parser and put back behind it. Only `event:` and
 * `data:` lines get through; comments, `id:` and `retry:` end here. An event is bounded, its head is kept, and an event
 * that the end of the stream cut short is handed on as far as it came.
 */
export interface SseGuard {
  /** Returns what the parser may see: whole events, nothing else. */
  feed(chunk: Uint8Array): Uint8Array
  /** The stream is over. Returns the event in hand, marked as cut, or nothing. */
  end(): Uint8Array
}

/** RC §6 names no upper bound (5 MB events were received); the largest honest event is far below. */
export const MAX_EVENT_BYTES = 1024 * 1024

const LF = 0x0a
const CR = 0x0d
/** DLE introduces our two-byte spellings. It may occur in content itself and is then spelled out as well. */
const DLE = 0x10
const SPELLED_DLE = 0x30
const SPELLED_CR = 0x31
const MARK_OVERSIZED = 0x32
const MARK_CUT = 0x33

const NOTHING = new Uint8Array(0)
const BOM = Buffer.of(0xef, 0xbb, 0xbf)

export type Cut = 'oversized' | 'stream_cut'

export function createSseGuard(maxEventBytes = MAX_EVENT_BYTES): SseGuard {
  const held = createGrowingBytes()
  let oversized = false
  /** Bytes of the present line that came with earlier chunks. */
  let lineBytes = 0
  const withoutBom = createBomFilter()

  function hold(part: Uint8Array): void {
    const room = maxEventBytes - held.length
    if (part.length > room) oversized = true
    if (room > 0) held.add(part.subarray(0, room))
  }

  /** @param last what of the event the caller still has */
  function finish(last: Uint8Array, cut: Cut | null): Uint8Array {
    lineBytes = 0
    // Most events come whole and need no copy.
    const whole = held.length === 0 && last.length <= maxEventBytes
    if (!whole) hold(last)
    const result = rewrite(whole ? last : held.take(), oversized ? 'oversized' : cut)
    oversized = false
    return result
  }

  return {
    feed(bytes) {
      const chunk = withoutBom(bytes)
      const out: Uint8Array[] = []
      let start = 0
      let line = 0
      for (let lf = chunk.indexOf(LF); lf !== -1; lf = chunk.indexOf(LF, line)) {
        const length = lineBytes + lf - line
        lineBytes = 0
        line = lf + 1
        if (length > 0) continue
        const event = finish(chunk.subarray(start, line), null)
        if (event.length > 0) out.push(event)
        start = line
      }
      lineBytes += chunk.length - line
      hold(chunk.subarray(start))
      return out.length === 1 ? (out[0] ?? NOTHING) : Buffer.concat(out)
    },
    end() {
      return held.length === 0 ? NOTHING : finish(NOTHING, 'stream_cut')
    },
  }
}

/** The event-stream format allows one BOM at the very start. It may come in pieces too. */
function createBomFilter(): (chunk: Uint8Array) => Uint8Array {
  /** The first bytes while they may still become a BOM; null afterwards. */
  let start: Uint8Array | null = NOTHING
  return chunk => {
    if (start === null) return chunk
    const seen = Buffer.concat([start, chunk])
    start = seen.length < BOM.length && BOM.subarray(0, seen.length).equals(seen) ? seen : null
    if (start !== null) return NOTHING
    return seen.subarray(0, BOM.length).equals(BOM) ? seen.subarray(BOM.length) : seen
  }
}

const DATA = Buffer.from('data:')
const EVENT = Buffer.from('event:')
const DATA_LINE = Buffer.from('data: ')
/** `event: message`, or another of the three names, and its LF. */
const NAME_LINE_BYTES = 15
/** The mark of a cut, and the empty line. */
const END_BYTES = 4

/** The event as the parser may see it; empty when it carries no data. */
function rewrite(event: Uint8Array, cut: Cut | null): Uint8Array {
  // At most twice as long: every byte may have to be spelled out, and a line without content grows by one.
  const out = new Uint8Array(NAME_LINE_BYTES + 2 * event.length + END_BYTES)
  let name: Name = 'message'
  // The name comes first, and may be said last.
  let end = NAME_LINE_BYTES
  let start = 0
  while (start < event.length) {
    const lf = event.indexOf(LF, start)
    const line = event.subarray(start, lf === -1 ? event.length : lf)
    start += line.length + 1
    if (isField(line, DATA)) {
      const value = fieldValue(line, DATA)
      out.set(DATA_LINE, end)
      end = spellOut(lf === -1 ? wholeCharacters(value) : value, out, end + DATA_LINE.length)
      out[end++] = LF
    } else if (lf !== -1 && isField(line, EVENT)) {
      name = knownName(fieldValue(line, EVENT))
    }
  }
  if (end === NAME_LINE_BYTES) return NOTHING
  if (cut !== null) {
    out[end - 1] = DLE
    out[end++] = cut === 'oversized' ? MARK_OVERSIZED : MARK_CUT
    out[end++] = LF
  }
  out[end++] = LF
  const first = Buffer.from(`event: ${name}\n`)
  out.set(first, NAME_LINE_BYTES - first.length)
  return out.subarray(NAME_LINE_BYTES - first.length, end)
}

type Name = 'message' | 'log' | 'unknown'

/** Names of events are the relay's own; any other would reach listeners such as `error` or `open` of the EventSource. */
function knownName(value: Uint8Array): Name {
  const name = Buffer.from(value.subarray(0, NAME_LINE_BYTES)).toString('latin1')
  if (name === '') return 'message'
  return name === 'message' || name === 'log' ? name : 'unknown'
}

function isField(line: Uint8Array, field: Uint8Array): boolean {
  return line.length >= field.length && field.every((byte, i) => line[i] === byte)
}

function fieldValue(line: Uint8Array, field: Uint8Array): Uint8Array {
  // Exactly one blank belongs to the format (RC §6); everything behind it is content.
  return line.subarray(line[field.length] === 0x20 ? field.length + 1 : field.length)
}

/** Writes the line to `out` at that place. Returns the place behind it. */
function spellOut(line: Uint8Array, out: Uint8Array, at: number): number {
  if (!line.includes(CR) && !line.includes(DLE)) {
    out.set(line, at)
    return at + line.length
  }
  let end = at
  for (const byte of line) {
    if (byte === CR || byte === DLE) {
      out[end++] = DLE
      out[end++] = byte === CR ? SPELLED_CR : SPELLED_DLE
    } else {
      out[end++] = byte
    }
  }
  return end
}

/** Drops the torn character at the end of a cut line. */
function wholeCharacters(line: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, line.length); back++) {
    const byte = line[line.length - back] ?? 0
    if (byte < 0x80) return line
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return needed > back ? line.subarray(0, line.length - back) : line
    }
  }
  return line
}

/** Puts back what the guard spelled out in the data of an event. */
export function restoreData(data: string): { readonly payload: string; readonly cut: Cut | null } {
  if (!data.includes('\x10')) return { payload: data, cut: null }
  const mark = /\x10([23])$/.exec(data)?.[1]
  const text = mark === undefined ? data : data.slice(0, -2)
  const payload = replaceInPieces(text, /\x10[01]/g, { spell: unspell, cut: behindSpelling })
  return { payload, cut: mark === undefined ? null : mark === '2' ? 'oversized' : 'stream_cut' }
}

const unspell = (spelling: string): string => (spelling === '\x101' ? '\r' : '\x10')

function behindSpelling(text: string, end: number): number {
  return text[end - 1] === '\x10' ? end + 1 : end
}
