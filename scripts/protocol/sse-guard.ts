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

export type Cut = 'oversized' | 'stream_cut'

export function createSseGuard(maxEventBytes = MAX_EVENT_BYTES): SseGuard {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let oversized = false
  /** Bytes of the present line that came with earlier chunks. */
  let lineBytes = 0
  let first = true

  function hold(part: Uint8Array): void {
    const room = maxEventBytes - heldBytes
    if (part.length > room) oversized = true
    const kept = part.length > room ? part.subarray(0, room) : part
    if (kept.length === 0) return
    // A copy: the caller's buffer may be reused before the event is complete.
    held.push(Uint8Array.from(kept))
    heldBytes += kept.length
  }

  function finish(cut: Cut | null): Uint8Array {
    const event = Buffer.concat(held)
    held = []
    heldBytes = 0
    lineBytes = 0
    const result = rewrite(event, oversized ? 'oversized' : cut)
    oversized = false
    return result
  }

  return {
    feed(bytes) {
      let chunk = bytes
      if (first && chunk.length > 0) {
        first = false
        // The event-stream format allows one BOM at the very start.
        if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) chunk = chunk.subarray(3)
      }
      const out: Uint8Array[] = []
      let start = 0
      let line = 0
      for (let lf = chunk.indexOf(LF); lf !== -1; lf = chunk.indexOf(LF, line)) {
        const length = lineBytes + lf - line
        lineBytes = 0
        line = lf + 1
        if (length > 0) continue
        hold(chunk.subarray(start, line))
        out.push(finish(null))
        start = line
      }
      lineBytes += chunk.length - line
      hold(chunk.subarray(start))
      return out.length === 1 ? (out[0] ?? NOTHING) : Buffer.concat(out)
    },
    end() {
      return heldBytes === 0 ? NOTHING : finish('stream_cut')
    },
  }
}

/** The event as the parser may see it; empty when it carries no data. */
function rewrite(event: Buffer, cut: Cut | null): Uint8Array {
  let name = 'message'
  const data: Uint8Array[] = []
  let start = 0
  while (start < event.length) {
    const lf = event.indexOf(LF, start)
    const end = lf === -1 ? event.length : lf
    const line = event.subarray(start, end)
    const value = fieldValue(line, 'data:')
    if (value !== null) data.push(lf === -1 ? wholeCharacters(value) : value)
    const label = fieldValue(line, 'event:')
    if (label !== null && lf !== -1) name = knownName(label.toString('latin1'))
    start = end + 1
  }
  if (data.length === 0) return NOTHING
  if (cut !== null) {
    const mark = Uint8Array.of(DLE, cut === 'oversized' ? MARK_OVERSIZED : MARK_CUT)
    return assemble(name, data.map(spellOut), mark)
  }
  return assemble(name, data.map(spellOut), NOTHING)
}

function assemble(name: string, lines: Uint8Array[], mark: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from(`event: ${name}\n`)]
  for (const [index, line] of lines.entries()) {
    parts.push(Buffer.from(index === 0 ? 'data: ' : '\ndata: '), line)
  }
  parts.push(mark, Buffer.from('\n\n'))
  return Buffer.concat(parts)
}

/** Names of events are the relay's own; any other would reach listeners such as `error` or `open` of the EventSource. */
function knownName(name: string): string {
  return name === 'message' || name === 'log' || name === '' ? name || 'message' : 'unknown'
}

function fieldValue(line: Buffer, field: 'data:' | 'event:'): Buffer | null {
  if (line.length < field.length || line.toString('latin1', 0, field.length) !== field) return null
  // Exactly one blank belongs to the format (RC §6); everything behind it is content.
  return line.subarray(line[field.length] === 0x20 ? field.length + 1 : field.length)
}

function spellOut(line: Uint8Array): Uint8Array {
  if (!line.includes(CR) && !line.includes(DLE)) return line
  const out: number[] = []
  for (const byte of line) {
    if (byte === CR) out.push(DLE, SPELLED_CR)
    else if (byte === DLE) out.push(DLE, SPELLED_DLE)
    else out.push(byte)
  }
  return Uint8Array.from(out)
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
  let cut: Cut | null = null
  const payload = data.replace(/\x10([0-3])/g, (_, code: string) => {
    if (code === '0') return '\x10'
    if (code === '1') return '\r'
    cut = code === '2' ? 'oversized' : 'stream_cut'
    return ''
  })
  return { payload, cut }
}
