import { createHash } from 'node:crypto'
import type { Bubble, LoggedRequest } from '../../scripts/embedded/ilink/simulator.ts'
import type { FolderView } from '../support/test-daemon.ts'

/** What the simulator knows, held against what stands in the files and on the phones. */

export interface Received {
  readonly arrived: number
  readonly missing: readonly string[]
  /** Missing, and nothing excuses it. */
  readonly lost: readonly string[]
  readonly twice: readonly string[]
  /** `w3; after w5;` */
  readonly misordered: readonly string[]
}

const RECEIVED_MARK = /w\d+;/g

/**
 * @param written by mark, in the order of the writing, with its author
 * @param excused marks that the server gave to nobody else and a killed daemon never had
 */
export function judgeReceived(
  view: Pick<FolderView, 'records' | 'entries'>,
  { written, excused }: { written: ReadonlyMap<string, { readonly user: string }>; excused: ReadonlySet<string> },
): Received {
  const files = [
    view.records().flatMap(one => (one.to == null ? marksIn(one.content) : [])),
    view.entries().flatMap(one => marksIn(one.payload)),
  ]
  const counts = files.map(countBy)
  const missing = [...written.keys()].filter(mark => counts.some(file => !file.has(mark)))
  return {
    arrived: written.size - missing.length,
    missing,
    lost: missing.filter(mark => !excused.has(mark)),
    twice: [...new Set(counts.flatMap(file => [...file].filter(([, n]) => n > 1).map(([mark]) => mark)))],
    misordered: files.flatMap(marks => disorderIn(marks, written)),
  }
}

function marksIn(text: string): string[] {
  return text.match(RECEIVED_MARK) ?? []
}

function disorderIn(marks: readonly string[], written: ReadonlyMap<string, { readonly user: string }>): string[] {
  const found: string[] = []
  const last = new Map<string, string>()
  for (const mark of marks) {
    const user = written.get(mark)?.user ?? ''
    const before = last.get(user)
    if (before !== undefined && numberOf(before) > numberOf(mark)) found.push(`${mark} after ${before}`)
    last.set(user, mark)
  }
  return found
}

function numberOf(mark: string): number {
  return Number(mark.slice(1, -1))
}

function countBy(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/** Something that a person has to see once: a piece of a text by its mark, a file by its digest. */
export type Piece = string

/** A text of so many pieces, each with a mark of its own: wherever it is cut, all of them are to be found. */
export function textOfPieces(name: string, pieces: number): string {
  return Array.from({ length: pieces }, (_, k) => `${name}.${k}; ${FILLER}`).join('\n')
}

const FILLER = '好的，我看一下，then I will tell you what became of it. '.repeat(2)

/** Pieces of a text that was sent, in their order. */
export function piecesOf(text: string): Piece[] {
  return text.match(/s\d+\.\d+;/g) ?? []
}

export function digestOf(bytes: Uint8Array): Piece {
  return createHash('sha256').update(bytes).digest('hex')
}

export interface Shown {
  readonly lost: readonly Piece[]
  readonly twice: readonly Piece[]
  /** What should stand there, and what does: of the first place that differs. */
  readonly misordered: readonly string[]
}

/** @param expected of one person, in the order of the sending */
export function judgeShown(shown: readonly Piece[], expected: readonly Piece[]): Shown {
  const counts = countBy(shown)
  const wrong = expected.findIndex((piece, at) => shown[at] !== piece)
  return {
    lost: expected.filter(piece => !counts.has(piece)),
    twice: [...counts].filter(([, n]) => n > 1).map(([piece]) => piece),
    misordered:
      wrong === -1 && shown.length === expected.length
        ? []
        : [`${shown[wrong === -1 ? expected.length : wrong]} instead of ${expected[wrong]}`],
  }
}

/** @param open the bytes that a bubble shows */
export function piecesShown(bubbles: readonly Bubble[], open: (bubble: Bubble) => Buffer | null): Piece[] {
  return bubbles.flatMap(bubble => {
    if (bubble.media === null) return piecesOf(bubble.text)
    // What did not fit into the budget goes as a file (IL §12).
    const inFile = bubble.media.fileName === 'message.txt' ? piecesOf(open(bubble)?.toString('utf8') ?? '') : []
    return inFile.length > 0 ? inFile : [bubble.media.sha256]
  })
}

export interface OnTheWire {
  readonly requests: number
  /** Made again: with the same id, and byte for byte. */
  readonly repeated: number
  /** The same id with another body. */
  readonly changed: readonly string[]
  /** The same text under another id, though the first one was not refused. */
  readonly renamed: readonly string[]
  /** Under another id after a refusal: a fresh token, a fresh budget. */
  readonly renewed: number
  /** Made again after nobody knew the outcome of the first, and refused then: what they asked for is said to be unknown. */
  readonly abandoned: readonly string[]
}

/** @param requests to `sendmessage`, in the order of their arrival */
export function judgeWire(requests: readonly LoggedRequest[]): OnTheWire {
  const byId = new Map<string, { readonly body: string; count: number; isTaken: boolean }>()
  const byContent = new Map<string, string>()
  const changed: string[] = []
  const renamed: string[] = []
  let renewed = 0
  for (const { body, outcome } of requests) {
    const { clientId, content } = readSend(body)
    const one = byId.get(clientId) ?? { body, count: 0, isTaken: false }
    byId.set(clientId, one)
    one.count++
    if (one.body !== body) changed.push(clientId)
    const first = byContent.get(content)
    if (first !== undefined && first !== clientId) {
      if (byId.get(first)?.isTaken === true) renamed.push(`${clientId} after ${first}`)
      else renewed++
    }
    byContent.set(content, clientId)
    if (outcome !== null && outcome.status === 200 && !/"ret":-\d/.test(outcome.body)) one.isTaken = true
  }
  const ids = [...byId]
  return {
    requests: requests.length,
    repeated: requests.length - ids.length - changed.length,
    changed,
    renamed,
    renewed,
    abandoned: ids.filter(([, { count, isTaken }]) => count > 1 && !isTaken).map(([clientId]) => clientId),
  }
}

function readSend(body: string): { clientId: string; content: string } {
  const { msg } = JSON.parse(body) as { msg: { client_id: string; to_user_id: string; item_list: unknown } }
  return { clientId: msg.client_id, content: JSON.stringify([msg.to_user_id, msg.item_list]) }
}
