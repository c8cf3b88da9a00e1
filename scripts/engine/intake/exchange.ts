import type { Bilingual } from '../../core/i18n.ts'

/** One request to the daemon's listener, without anything of HTTP but its words: what is asked, and what is answered. */
export interface Asking {
  /** As it stands in the request line, without the query. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Behind a proxy, the proxy's. */
  readonly remoteAddress: string
  /** Nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: Readonly<Record<string, unknown>>
}

/** OI §4.2, §5.5. One byte more may be read, and tells that it is too much. */
export const LARGEST_BODY_BYTES = 1024 * 1024

export type Body = Uint8Array<ArrayBuffer>

/** How a request ends. */
export interface Outcome {
  readonly answer: Answer
  /** null: nothing is noted of it. */
  readonly note: Note | null
}

/** What logs tell of a request: never a word of whoever asked, but the id that they gave it. */
export interface Note {
  /** What came of it: `stored`, `duplicate`, `not_json` */
  readonly status: string
  readonly event?: string
  readonly eventId?: string
  readonly requestId?: string | undefined
  /** Somebody tried whether we are there. */
  readonly test?: true
}

/** Where requests of one kind come in. */
export interface Door {
  /** Under which the owner finds them: `webhook:ops`, `wechat_abot` */
  readonly name: string
  /** Looks at the head: answers at once, or wants the body too. */
  enter(asking: Asking): Outcome | ((body: Body) => Promise<Outcome> | Outcome)
}

/** @param error for machines; the text says it to people, and what they can do */
export function failure(
  status: number,
  error: string,
  text: Bilingual,
  { headers, ...more }: Readonly<Record<string, unknown>> & { headers?: Answer['headers'] } = {},
): Answer {
  return {
    status,
    ...(headers === undefined ? {} : { headers }),
    body: { error, message: `${text.en} ${text.zh}`, ...more },
  }
}

export const TOO_LARGE: Answer = failure(413, 'too_large', {
  en: 'The body is larger than the 1 MiB that is taken.',
  zh: '正文超过 1 MiB 的上限。',
})
