/** What may differ in how streams are kept: the faults of the real relay are other values of it. */

import { atOnce, type Begin, LONGEST_BACKLOG_BYTES } from './event-stream.ts'

/** A stream whose client hung up. */
export interface Leaving {
  readonly userId: number
  readonly connection: number
  /** Whether the kernel had the head. */
  readonly hasBegun: boolean
  /** How long ago a message was written to it; 0 in the middle of one. */
  readonly sinceEventMs: number
  /** Ends the registration. Until then its user counts as online. */
  remove(): void
}

export interface StreamPolicy {
  /** More unread than this, and the client is dropped. */
  readonly longestBacklogBytes: number
  /** Whether a message that no kernel took goes to the inbox; it is lost otherwise. */
  readonly putsBack: boolean
  /** Whether a request counts whose client is gone before it is looked at. */
  readonly registersTheGone: boolean
  /** Writes the head of a registered stream. */
  readonly begin: Begin
  readonly leave: (leaving: Leaving) => void
}

/** Nothing stays of a client who left, and nothing is lost that is known not to have arrived. */
export const kindStreams: StreamPolicy = {
  longestBacklogBytes: LONGEST_BACKLOG_BYTES,
  putsBack: true,
  registersTheGone: false,
  begin: atOnce,
  leave: ({ remove }) => remove(),
}
