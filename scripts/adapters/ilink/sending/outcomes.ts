import type { Parked, SendOutcome } from '../../../core/adapter.ts'
import { referenceOf } from '../understand.ts'
import { type Progress, partsSent } from './progress.ts'
import type { Open, Reach } from './reach.ts'

/** How a try of a message ends. Half of one is never called the whole (IL "What users hit" 7). */

export function parked(progress: Progress | null, until: Parked['until'], reason: string): Parked {
  return { kind: 'parked', until, reason, ...(progress === null ? {} : partsSent(progress)) }
}

/** Nothing can be sent to them now. */
export function closed(progress: Progress | null, { kind }: Exclude<Reach, Open>): SendOutcome {
  // It was taken when they could be reached: since then there is another bot, or another list.
  return kind === 'not_allowed' ? notSent(progress, 'not_allowed') : parked(progress, 'peer', kind)
}

/** It ends here. */
export function refused(progress: Progress, text: string): SendOutcome {
  // What may be on the phone must not be sent again by whoever reads that it was refused.
  if (progress.parts.some(({ state }) => state === 'unknown' || state === 'sending')) return partUnknown(progress)
  return { kind: 'refused', text, relationship: null, ...partsSent(progress) }
}

/** The same for reasons of ours. */
export function notSent(progress: Progress | null, reason: string): SendOutcome {
  const isUntouched = progress === null || progress.parts.every(({ state }) => state === 'waiting')
  return isUntouched ? { kind: 'not_sent', reason } : refused(progress, reason)
}

/** All that could be done is done. */
export function finished(progress: Progress): SendOutcome {
  if (progress.parts.some(({ state }) => state === 'unknown')) return partUnknown(progress)
  const references = progress.parts.flatMap(({ messageId }) => (messageId === null ? [] : referenceOf(messageId)))
  return { kind: 'accepted', relationship: null, ...(references.length === 0 ? {} : { references }) }
}

function partUnknown(progress: Progress): SendOutcome {
  return { kind: 'unknown', reason: 'part_unknown', ...partsSent(progress) }
}
