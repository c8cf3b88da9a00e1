import { EventSource, type FetchLikeResponse } from 'eventsource'
import { createBell, nextRing } from '../../core/bell.ts'
import type { Clock } from '../../core/clock.ts'
import type { BodyReader, FetchAnswer, FetchLike } from '../../core/fetch.ts'
import { decodeUtf8 } from '../../core/utf8.ts'
import { classifyReply } from '../../protocol/relay/reply.ts'
import { retryAfterMs } from '../../protocol/retry-after.ts'
import { type Cut, createSseGuard, restoreData } from '../../protocol/sse-guard.ts'
import { failureReason } from '../http.ts'

/**
 * One connection to `GET /stream`, from its request to its end. It never reconnects: that is decided where the whole
 * channel is known.
 */
export interface Stream {
  /** Resolves with true once the relay is known to push (RC §7.3.1), with false when it ended before. */
  readonly connected: Promise<boolean>
  readonly ended: Promise<StreamEnd>
  /** Ends it. What was received is still handed on. */
  close(): void
}

export type StreamEnd =
  /** 401 or 422: only another token can help. */
  | { readonly kind: 'unauthorized'; readonly status: number }
  | { readonly kind: 'stream_limit' | 'throttled'; readonly retryAfterMs: number | undefined }
  /** No such endpoint: relays before 2026-03-08, revision 7a829b1 (RC §11). */
  | { readonly kind: 'no_stream' }
  /** `reason` is a short word for the log. */
  | { readonly kind: 'lost'; readonly reason: string; readonly retryAfterMs?: number | undefined }
  | { readonly kind: 'closed' }

export interface StreamOptions {
  readonly url: string
  readonly token: string
  readonly fetch: FetchLike
  readonly clock: Clock
  /** Called for each event, in order. Must not throw. */
  readonly onMessage: (payload: string, cut: Cut | null) => void
  /** The relay's own line at the start. */
  readonly onLog: (text: string) => void
  /** Any byte, pings too. */
  readonly onBytes: () => void
  /** While this is pending nothing more is read. */
  readonly roomForMore: () => Promise<void> | undefined
}

/**
 * RC §7.2: hanging up before the head leaves a dead registration, and a relay may be frozen for several seconds. This
 * bound only keeps a server that never answers from holding the channel for ever.
 */
const HEAD_LIMIT_MS = 120_000
/** Relays before 2026-03-09 send no `event: log` (RC §11): after this long the head has to do. */
const LOG_LIMIT_MS = 5000
/** Bytes that may wait for the parser before more is read. */
const MOST_UNPARSED = 1024 * 1024
/** Enough of an error's body to tell what kind it is. */
const ERROR_BODY_LIMIT = 4096
const ERROR_BODY_MS = 5000

export function openStream(options: StreamOptions): Stream {
  const { clock, onMessage, onLog } = options
  const connected = Promise.withResolvers<boolean>()
  const ended = Promise.withResolvers<StreamEnd>()
  let result: StreamEnd | null = null
  let cancelLogWait: (() => void) | undefined
  let bodyEnd = 'ended'

  function end(how: StreamEnd): void {
    if (result !== null) return
    result = how
    cancelLogWait?.()
    source.close()
    connected.resolve(false)
    ended.resolve(how)
  }

  const source = new EventSource(options.url, {
    fetch: async (_url, { signal }) => {
      // The constructor calls this before `source` exists; whatever ends the stream comes after it.
      await Promise.resolve()
      const answer = await requestStream(options, signal as AbortSignal, end)
      if (answer === null) return REFUSED
      cancelLogWait = clock.after(LOG_LIMIT_MS, () => connected.resolve(true))
      return eventStream(options, answer, reason => {
        bodyEnd = reason
      })
    },
  })
  // An event of a name that the relay does not have yet is kept too (design §3: raw first).
  for (const name of ['message', 'unknown']) {
    source.addEventListener(name, event => {
      const { payload, cut } = restoreData(String(event.data))
      onMessage(payload, cut)
    })
  }
  source.addEventListener('log', event => {
    cancelLogWait?.()
    // This goes into a log, and the relay knows our token.
    onLog(restoreData(String(event.data)).payload.replaceAll(options.token, '[token]'))
    connected.resolve(true)
  })
  // Closing at the first error is what keeps the package from reconnecting by itself.
  source.addEventListener('error', () => end({ kind: 'lost', reason: bodyEnd }))

  return {
    connected: connected.promise,
    ended: ended.promise,
    close: () => end({ kind: 'closed' }),
  }
}

/** What the EventSource sees of an answer that is no stream; the reason was already told. */
const REFUSED: FetchLikeResponse = { status: 204, url: '', redirected: false, headers: { get: () => null }, body: null }

/** Returns the answer if it is an event stream; tells `end` what it is otherwise. */
async function requestStream(
  { url, token, fetch, clock }: StreamOptions,
  signal: AbortSignal,
  end: (how: StreamEnd) => void,
): Promise<FetchAnswer | null> {
  const bound = new AbortController()
  const cancel = clock.after(HEAD_LIMIT_MS, () => bound.abort(new DOMException('No head in time', 'TimeoutError')))
  try {
    const answer = await fetch(url, {
      method: 'GET',
      headers: {
        Accept: 'text/event-stream',
        // A compressing proxy would hold events back until its block is full.
        'Accept-Encoding': 'identity',
        'Cache-Control': 'no-store',
        'X-Token': token,
      },
      redirect: 'manual',
      signal: AbortSignal.any([signal, bound.signal]),
    })
    const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true
    if (answer.status === 200 && isStream) return answer
    end(await explain(answer, clock))
  } catch (error) {
    end({ kind: 'lost', reason: failureReason(error) })
  } finally {
    cancel()
  }
  return null
}

/** RC §5, §11: which of the refusals it is. */
async function explain(answer: FetchAnswer, clock: Clock): Promise<StreamEnd> {
  const wait = retryAfterMs(answer.headers.get('retry-after'), clock.now())
  const text = decodeUtf8(await readStart(answer, clock))
  const kind = classifyReply(answer.status, text)
  switch (kind.kind) {
    case 'unauthorized':
      return { kind: 'unauthorized', status: answer.status }
    case 'stream_limit':
    case 'throttled':
      return { kind: kind.kind, retryAfterMs: wait }
    case 'refused':
      return { kind: 'lost', reason: 'refused', retryAfterMs: wait }
    case 'no_answer':
      // A proxy in front says 404 too while its relay is away: only the relay's own words mean half an hour (RC §5).
      if (answer.status === 404 && text.startsWith('{"detail":')) return { kind: 'no_stream' }
      return { kind: 'lost', reason: kind.reason, retryAfterMs: wait }
    case 'text':
      return { kind: 'lost', reason: answer.status === 200 ? 'not_a_stream' : `http_${answer.status}` }
  }
}

async function readStart(answer: FetchAnswer, clock: Clock): Promise<Uint8Array> {
  const reader = answer.body?.getReader()
  if (reader === undefined) return new Uint8Array(0)
  const cancel = clock.after(ERROR_BODY_MS, () => void reader.cancel().catch(() => undefined))
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    while (size < ERROR_BODY_LIMIT) {
      const { done, value } = await reader.read()
      if (done || value === undefined) break
      chunks.push(value)
      size += value.length
    }
    await reader.cancel()
  } catch {
    // What came is enough to tell, or nothing is.
  } finally {
    cancel()
  }
  return Buffer.concat(chunks).subarray(0, ERROR_BODY_LIMIT)
}

/** The body behind the guard. Read without a pause: a broken connection throws away what nobody has read yet. */
function eventStream(options: StreamOptions, answer: FetchAnswer, onEnd: (reason: string) => void): FetchLikeResponse {
  const guard = createSseGuard()
  const reader = answer.body?.getReader()
  const parsed = createBell()
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        void pump(reader, {
          async onChunk(chunk) {
            options.onBytes()
            const events = guard.feed(chunk)
            if (events.length > 0) controller.enqueue(events)
            if ((controller.desiredSize ?? 1) <= 0) await nextRing(parsed)
            await options.roomForMore()
          },
          onEnd(reason) {
            onEnd(reason)
            const rest = guard.end()
            if (rest.length > 0) controller.enqueue(rest)
            controller.close()
          },
        })
      },
      pull: () => parsed.ring(),
    },
    { highWaterMark: MOST_UNPARSED, size: events => events.length },
  )
  return { status: 200, url: options.url, redirected: false, headers: answer.headers, body }
}

async function pump(
  reader: BodyReader | undefined,
  { onChunk, onEnd }: { onChunk: (chunk: Uint8Array) => Promise<void> | undefined; onEnd: (reason: string) => void },
): Promise<void> {
  try {
    for (;;) {
      const next = await reader?.read()
      if (next === undefined || next.done) break
      if (next.value !== undefined) await onChunk(next.value)
    }
    onEnd('ended')
  } catch (error) {
    onEnd(failureReason(error))
  }
}
