/** What the phone of one user shows of a conversation, and what is wrong with it (duty H). */

import type { Bubble } from './bubbles.ts'
import { GENERATING } from './draft.ts'

/** A run of GENERATING bubbles up to its FINISH: one answer in several bubbles (IL §6). */
export interface Run {
  readonly bubbles: readonly Bubble[]
  /** Of all of them. */
  readonly text: string
  /** It has no FINISH: left open, or still coming. */
  readonly isOpen: boolean
}

export interface Flag {
  readonly kind: 'open run' | 'out of order' | 'short gap' | 'cut' | 'unreadable'
  /** The `number` of the bubble. */
  readonly bubble: number
  readonly detail: string
}

export interface Transcript {
  /** Of both sides, hidden ones too. */
  readonly bubbles: readonly Bubble[]
  /** What the phone shows. */
  readonly shown: readonly Bubble[]
  /** The bot's part of it. */
  readonly runs: readonly Run[]
  readonly flags: readonly Flag[]
}

export function transcriptOf(bubbles: readonly Bubble[], { shortestGapMs }: { shortestGapMs: number }): Transcript {
  const shown = bubbles.filter(({ hidden }) => hidden === null)
  const runs = runsOf(shown.filter(({ side }) => side === 'bot'))
  const flags = [...runs.flatMap(run => flagsOfRun(run, shortestGapMs)), ...shown.flatMap(flagsOfBubble)]
  return { bubbles, shown, runs, flags: flags.sort((a, b) => a.bubble - b.bubble) }
}

function runsOf(bubbles: readonly Bubble[]): Run[] {
  const groups: Bubble[][] = []
  let open: Bubble[] | null = null
  for (const bubble of bubbles) {
    // Another turn of the agent: the run before was left open.
    const isOther = open !== null && open[0]?.runId !== bubble.runId
    if (open === null || isOther) {
      open = []
      groups.push(open)
    }
    open.push(bubble)
    if (bubble.messageState !== GENERATING) open = null
  }
  return groups.map(group => ({
    bubbles: group,
    text: group.map(({ text }) => text).join(''),
    isOpen: group.at(-1)?.messageState === GENERATING,
  }))
}

function flagsOfRun({ bubbles, isOpen }: Run, shortestGapMs: number): Flag[] {
  const flags: Flag[] = []
  const last = bubbles.at(-1)
  if (isOpen && last !== undefined) flags.push({ kind: 'open run', bubble: last.number, detail: 'no FINISH' })
  bubbles.slice(1).forEach((bubble, at) => {
    const before = bubbles[at]
    if (before === undefined) return
    const gapMs = bubble.at - before.at
    if (gapMs < shortestGapMs) flags.push({ kind: 'short gap', bubble: bubble.number, detail: `${gapMs} ms` })
    const disorder = disorderOf(before, bubble)
    if (disorder !== null) flags.push({ kind: 'out of order', bubble: bubble.number, detail: disorder })
  })
  return flags
}

function flagsOfBubble({ number, isCut, problem }: Bubble): Flag[] {
  const flags: Flag[] = []
  if (isCut) flags.push({ kind: 'cut', bubble: number, detail: 'the text goes on' })
  if (problem !== null) flags.push({ kind: 'unreadable', bubble: number, detail: problem })
  return flags
}

/** `(2/5)` at the beginning or the end of a part. */
const PART = /^[([（【](\d{1,3})\s*\/\s*(\d{1,3})[)\]）】]|[([（【](\d{1,3})\s*\/\s*(\d{1,3})[)\]）】]\s*$/

/** `openclaw-weixin:<ms since epoch>-<8 hex>` (IL §6). */
const MADE_AT = /:(\d{13})-/

/** A phone knows no order but that of arrival: what the parts say of themselves has to agree. */
function disorderOf(before: Bubble, after: Bubble): string | null {
  const [partBefore, partAfter] = [partOf(before), partOf(after)]
  if (partBefore !== null && partAfter !== null && partAfter !== partBefore + 1) {
    return `part ${partAfter} after part ${partBefore}`
  }
  const [madeBefore, madeAfter] = [before, after].map(({ clientId }) => Number(MADE_AT.exec(clientId)?.[1]))
  return Number(madeAfter) < Number(madeBefore) ? 'its client_id was made earlier' : null
}

function partOf({ text }: Bubble): number | null {
  const match = PART.exec(text.trim())
  return match === null ? null : Number(match[1] ?? match[3])
}
