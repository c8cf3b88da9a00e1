import { hash } from 'node:crypto'
import type { SentParts } from '../../../core/adapter.ts'
import type { OutgoingItem } from '../../../protocol/ilink/outgoing.ts'
import type { Saying } from './plan.ts'

/**
 * How far the sending of a message has come: what its journal holds. It says what was done, so that a later try, of this
 * process or the next, repeats what nobody knows the outcome of, byte for byte, and nothing else.
 */
export interface Progress {
  /** The bot that it was begun with: the tokens of another one are of no use for it. */
  of: string
  /** Tries in a row that brought no answer. */
  failures: number
  /** Rounds of an upload that failed. */
  rounds: number
  readonly parts: Part[]
}

export interface Part {
  readonly saying: Saying
  state: PartState
  /** The request, from the first time on that it was made. */
  body: string | null
  /** Of the message that its token came with. */
  messageKey: string | null
  /** How that request was refused without a reason, each time. */
  refusals: readonly string[]
  /** The file where messages can name it: once it is there, it is not uploaded again. */
  item: OutgoingItem | null
  /** What the server calls it; null: it does not say. */
  messageId: string | null
}

export type PartState =
  /** Not asked for, or refused: nothing of it is on the phone. */
  | 'waiting'
  /** Asked for, and nobody knows whether it is on the phone. */
  | 'sending'
  | 'accepted'
  /** The same, for good: the request can not be repeated, and another one might show it twice. */
  | 'unknown'

export function newProgress(sayings: readonly Saying[], botToken: string): Progress {
  return { of: nameOf(botToken), failures: 0, rounds: 0, parts: sayings.map(newPart) }
}

function newPart(saying: Saying): Part {
  return { saying, state: 'waiting', body: null, messageKey: null, refusals: [], item: null, messageId: null }
}

/** Only what `progressText` wrote. */
export function readProgress(text: string | null): Progress | null {
  return text === null ? null : (JSON.parse(text) as Progress)
}

export function progressText(progress: Progress): string {
  return JSON.stringify(progress)
}

/** After a new login: what is there is there; what may be there can not be asked for again; the rest begins anew. */
export function adopt(progress: Progress, botToken: string): void {
  const name = nameOf(botToken)
  if (progress.of === name) return
  progress.of = name
  for (const part of progress.parts) {
    if (part.state === 'sending') part.state = 'unknown'
    else if (part.state === 'waiting') renew(part)
  }
}

/** The next request for it is another message, with an id and a token of its own. */
export function renew(part: Part): void {
  Object.assign(part, { body: null, messageKey: null, refusals: [], item: null })
}

export function isOver({ state }: Part): boolean {
  return state === 'accepted' || state === 'unknown'
}

/** Worth saying only of several. */
export function partsSent({ parts }: Progress): { readonly parts?: SentParts } {
  if (parts.length < 2) return {}
  return { parts: { accepted: parts.filter(({ state }) => state === 'accepted').length, of: parts.length } }
}

function nameOf(botToken: string): string {
  return hash('sha256', botToken).slice(0, 32)
}
