import type { Via } from '../core/message.ts'
import { escapeText, hasInvisible, unescapeText } from './visible-escape.ts'

/**
 * One entry of `inbox_pushed.md` (design §4): a header, the payload's lines, a separator.
 *
 * A line is written as it came unless a reader could take it for a header or a separator, or for several lines.
 * Such a line gets a backslash in front and visible escapes behind it; so does a line that starts with a backslash.
 */
export interface InboxEntry {
  /** `YYYY-MM-DDTHH:MM:SSZ`: when we received it. */
  readonly receivedAt: string
  readonly seq: number
  readonly via: Via
  readonly payload: string
}

export const SEPARATOR = '─'.repeat(40)

const HEADER = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\] seq=(\d+) via=([a-z]+) bytes=(\d+)$/

/** Whole lines, LF at the end of each. */
export function formatEntry(entry: InboxEntry): string {
  const bytes = Buffer.byteLength(entry.payload)
  const lines = entry.payload.split('\n').map(guardLine).join('\n')
  return `[${entry.receivedAt}] seq=${entry.seq} via=${entry.via} bytes=${bytes}\n${lines}\n${SEPARATOR}\n`
}

function guardLine(line: string): string {
  const plain = !line.startsWith('\\') && !looksLikeFrame(line) && !hasInvisible(line)
  return plain ? line : `\\${escapeText(line)}`
}

/** Wider than the grammar: what a careless reader might take for a frame counts too. */
function looksLikeFrame(line: string): boolean {
  return /^\s*\[\d{4}-\d\d-\d\dT/.test(line) || /^\s*─{8,}\s*$/.test(line)
}

/** Reads whole entries; stops at the first text that is none (a torn tail, an edit). */
export function parseEntries(text: string): InboxEntry[] {
  const entries: InboxEntry[] = []
  const lines = text.split('\n')
  let at = 0
  while (at < lines.length) {
    const header = HEADER.exec(lines[at] ?? '')
    const end = lines.indexOf(SEPARATOR, at + 1)
    if (header === null || end === -1) break
    const [, receivedAt = '', seq = '', via = ''] = header
    const payload = lines.slice(at + 1, end).map(line => (line.startsWith('\\') ? unescapeText(line.slice(1)) : line))
    entries.push({ receivedAt, seq: Number(seq), via: via as Via, payload: payload.join('\n') })
    at = end + 1
  }
  return entries
}

/** Null for a line that begins no entry. */
export function parseHeader(line: string): Pick<InboxEntry, 'receivedAt' | 'seq'> | null {
  const header = HEADER.exec(line)
  if (header === null) return null
  const [, receivedAt = '', seq = ''] = header
  return { receivedAt, seq: Number(seq) }
}

/** The highest seq named by a header in `text`, 0 when there is none. */
export function highestSeq(text: string): number {
  let highest = 0
  for (const line of text.split('\n')) highest = Math.max(highest, parseHeader(line)?.seq ?? 0)
  return highest
}
