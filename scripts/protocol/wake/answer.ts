import type { WakeConfig } from '../../core/config.ts'
import type { Bilingual } from '../../core/i18n.ts'
import { retryAfterMs } from '../retry-after.ts'
import { shownText } from '../untrusted-text.ts'
import { adviceFor } from './advice.ts'

/** What an answer of the gateway means: the table of OI §3.5, row by row. */

/** What came of one attempt to wake the agent (OI §3.5). `reason` is a short word of ours, never text of the other side. */
export interface PokeOutcome {
  readonly kind: PokeKind
  /** null: no answer came. */
  readonly httpStatus: number | null
  /** null: nothing is wrong. */
  readonly reason: string | null
  /** They asked to be left alone for so long. */
  readonly retryAfterMs: number | null
  /** No answer came, and yet they may have taken it: whoever tries again uses the same id and the same text. */
  readonly mayHaveArrived: boolean
  /** One sentence: what to change in OpenClaw, or here. null: nothing. */
  readonly advice: Bilingual | null
  /** Why the gateway refused, in its own words, made harmless. For the owner's eyes only, never for a log. */
  readonly said: string | null
  /** Of the request's body. */
  readonly bytes: number
}

export type PokeKind =
  /** It will be seen, or not: 200 says nothing about the agent (OI §0.4). */
  | 'taken'
  /** The same again would be refused again, until somebody changes something. */
  | 'refused'
  /** Something there was just being changed. */
  | 'conflict'
  /** Too many wrong tokens. */
  | 'throttled'
  /** The gateway is away, starting, stopping or broken. */
  | 'unavailable'

export interface WakeAnswer {
  readonly status: number
  readonly retryAfter: string | null
  /** Not always JSON, and not always whole. */
  readonly text: string
}

/** A sentence of the gateway needs no more. */
const LONGEST_WORDS = 200

export function readWakeAnswer(
  { status, retryAfter, text }: WakeAnswer,
  { config, now, bytes }: { config: WakeConfig; now: number; bytes: number },
): PokeOutcome {
  const kind = kindOf(status)
  const reason = reasonOf(status, text)
  const words = status === 400 ? wordsOf(text, config) : null
  return {
    kind,
    httpStatus: status,
    reason,
    retryAfterMs: kind === 'taken' || kind === 'refused' ? null : (retryAfterMs(retryAfter, now) ?? null),
    mayHaveArrived: false,
    advice: reason === null ? null : adviceFor(reason, { config, words }),
    said: words,
    bytes,
  }
}

function kindOf(status: number): PokeKind {
  // Older gateways say 202 where later ones say 200; 204 is a mapping that made nothing of it.
  if (status >= 200 && status < 300) return 'taken'
  if (status === 409) return 'conflict'
  if (status === 429) return 'throttled'
  return status >= 500 ? 'unavailable' : 'refused'
}

function reasonOf(status: number, text: string): string | null {
  if (status >= 200 && status < 300 && status !== 204) return isTaken(text) ? null : 'unexpected_answer'
  return `http_${status}`
}

function isTaken(text: string): boolean {
  return parsed(text)['ok'] === true
}

/** The gateway's `error`, or, where it speaks plainly, its text. Nobody is shown the token, whoever repeats it. */
function wordsOf(text: string, { token }: WakeConfig): string | null {
  const error = parsed(text)['error']
  const words = (typeof error === 'string' ? error : text).trim()
  if (words === '' || words.includes(token)) return null
  return shownText(words, LONGEST_WORDS).text
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
