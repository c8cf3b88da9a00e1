import type { Clock } from '../../core/clock.ts'
import { UnreachableError } from '../../core/errors.ts'
import type { FetchLike } from '../../core/fetch.ts'
import {
  readDone,
  readSent,
  readTypingTicket,
  readUploadGrant,
  type Sent,
  type UploadGrant,
} from '../../protocol/ilink/answers.ts'
import { type Failure, transportFailure } from '../../protocol/ilink/failures.ts'
import { type BaseInfo, baseInfo, ilinkHeaders } from '../../protocol/ilink/headers.ts'
import {
  configBody,
  type NewMessage,
  type NewUpload,
  notifyBody,
  sendBody,
  typingBody,
  uint32,
  updatesBody,
  uploadBody,
} from '../../protocol/ilink/outgoing.ts'
import type { IlinkReply } from '../../protocol/ilink/reply.ts'
import { API_BASE, CALLS, type Call, callUrl } from '../../protocol/ilink/urls.ts'
import { neverSent, request } from '../http.ts'
import { lingering } from './lingering.ts'
import type { IlinkFacts } from './options.ts'

/** What a bot asks of its server (IL §1). Each request tries once; whether to try again is decided by whoever asks. */
export interface IlinkClient {
  /** Held until there is something, or for as long as the server likes. */
  getUpdates(cursor: string, options: PollOptions): Promise<Polled>
  notifyStart(signal: AbortSignal): Promise<Done>
  /** @param timeoutMs its own: it goes out when everything else was stopped */
  notifyStop(timeoutMs: number): Promise<Done>
  /** What goes out for a message: kept before it is sent, so that the same can be sent again (IL §6). */
  bodyOf(message: NewMessage): string
  /** An abort leaves a moment for the answer: whoever has not heard it has to send it all again. */
  sendMessage(body: string, signal: AbortSignal): Promise<Sent | NotDone>
  getUploadUrl(upload: NewUpload, signal: AbortSignal): Promise<UploadGrant | NotDone>
  getTypingTicket(of: TypingTarget, signal: AbortSignal): Promise<{ kind: 'ok'; ticket: string } | NotDone>
  sendTyping(typing: { user: string; ticket: string; isTyping: boolean }, signal: AbortSignal): Promise<Done>
}

export interface TypingTarget {
  readonly user: string
  readonly contextToken: string | null
}

export interface PollOptions {
  /** Longer than the hold: who gives up when the server answers loses the answer (IL §5). */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export type Polled = { readonly kind: 'reply'; readonly reply: IlinkReply } | NotDone

export type Done = { readonly kind: 'ok' } | NotDone

/** `neverSent`: nothing of it reached them. */
export type NotDone = Failure & { readonly neverSent?: boolean }

export interface ClientOptions {
  readonly token: string
  /** null: the usual one. */
  readonly baseUrl: string | null
  readonly facts: IlinkFacts
  readonly fetch: FetchLike
  readonly clock: Clock
}

/** Fifty messages of the longest text and their quotes are a tenth of it. */
const MAX_UPDATES_BYTES = 16 * 1024 * 1024
const MAX_ANSWER_BYTES = 64 * 1024
/** An answer whose head is there is heard to its end: what it brings is not handed out again (IL §16). */
const HEAR_OUT_MS = 2000

export function createIlinkClient(options: ClientOptions): IlinkClient {
  const { token, facts, fetch, clock } = options
  const base: BaseInfo = baseInfo(facts)
  const apiBase = options.baseUrl ?? API_BASE

  async function post(call: Call, body: string, how: PostOptions = {}): Promise<Polled> {
    const { timeoutMs = CALLS[call].timeoutMs, maxBytes = MAX_ANSWER_BYTES, signal, via = fetch } = how
    // A new number for every request (IL §2).
    const headers = ilinkHeaders({ ...facts, token, uin: uint32(clock.random()) })
    try {
      const reply = await request(via, clock, {
        url: callUrl(apiBase, call),
        init: { method: 'POST', headers, body },
        timeoutMs,
        maxBytes,
        ...(signal === undefined ? {} : { signal }),
      })
      return { kind: 'reply', reply }
    } catch (error) {
      return failureOf(error)
    }
  }

  async function ask<T>(
    call: Call,
    { body, signal, read }: { body: string; signal?: AbortSignal; read: (reply: IlinkReply) => T },
  ): Promise<T | NotDone> {
    const answered = await post(call, body, signal === undefined ? {} : { signal })
    return answered.kind === 'reply' ? read(answered.reply) : answered
  }

  return {
    async getUpdates(cursor, { timeoutMs, signal }) {
      const hearing = hearOut({ fetch, clock, signal })
      try {
        return await post('getUpdates', updatesBody(cursor, base), {
          timeoutMs,
          maxBytes: MAX_UPDATES_BYTES,
          signal: hearing.signal,
          via: hearing.fetch,
        })
      } finally {
        hearing.end()
      }
    },
    notifyStart: signal => ask('notifyStart', { body: notifyBody(base), signal, read: readDone }),
    async notifyStop(timeoutMs) {
      const answered = await post('notifyStop', notifyBody(base), { timeoutMs })
      return answered.kind === 'reply' ? readDone(answered.reply) : answered
    },
    bodyOf: message => sendBody(message, base),
    sendMessage: (body, signal) =>
      lingering({ signal, clock, ms: HEAR_OUT_MS }, patient =>
        ask('sendMessage', { body, signal: patient, read: readSent }),
      ),
    getUploadUrl: (upload, signal) =>
      ask('getUploadUrl', { body: uploadBody(upload, base), signal, read: readUploadGrant }),
    getTypingTicket: (target, signal) =>
      ask('getConfig', { body: configBody(target, base), signal, read: readTypingTicket }),
    sendTyping: (typing, signal) => ask('sendTyping', { body: typingBody(typing, base), signal, read: readDone }),
  }
}

interface PostOptions {
  readonly timeoutMs?: number
  readonly maxBytes?: number
  readonly signal?: AbortSignal
  readonly via?: FetchLike
}

/** @throws whatever is no failure of the network */
export function failureOf(error: unknown): NotDone {
  if (!(error instanceof UnreachableError)) throw error
  return { ...transportFailure(error.reason), neverSent: neverSent(error) }
}

/** An abort ends what is held at once, and what is being answered only when it takes too long. */
function hearOut({ fetch, clock, signal }: { fetch: FetchLike; clock: Clock; signal: AbortSignal }) {
  const own = new AbortController()
  let isAnswered = false
  let cancel: (() => void) | undefined
  const stop = () => own.abort(signal.reason)
  const onAbort = () => {
    if (isAnswered) cancel = clock.after(HEAR_OUT_MS, stop)
    else stop()
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', onAbort, { once: true })
  const heard: FetchLike = async (url, init) => {
    const answer = await fetch(url, init)
    isAnswered = true
    return answer
  }
  return {
    signal: own.signal,
    fetch: heard,
    end() {
      signal.removeEventListener('abort', onAbort)
      cancel?.()
    },
  }
}
