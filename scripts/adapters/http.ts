import type { Clock } from '../core/clock.ts'
import { errorCode, UnreachableError } from '../core/errors.ts'
import type { BodyReader, FetchAnswer, FetchInit, FetchLike, ReadableBody } from '../core/fetch.ts'
import { createGrowingBytes } from '../protocol/growing-bytes.ts'

/** One request, its whole answer, and whether that answer came to its end. */
export interface HttpReply {
  readonly status: number
  readonly contentType: string
  readonly retryAfter: string | null
  readonly body: Uint8Array
  /** false: the connection ended, or our bound was reached, before the body was complete. */
  readonly complete: boolean
}

export interface HttpRequest {
  readonly url: string
  readonly init: Omit<FetchInit, 'signal' | 'redirect'>
  /** No answer after this long is no answer. */
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly signal?: AbortSignal
}

/**
 * @throws UnreachableError when no response head came. A cut body is no error: what came of it counts.
 */
export async function request(fetch: FetchLike, clock: Clock, options: HttpRequest): Promise<HttpReply> {
  const bound = new AbortController()
  const cancel = clock.after(options.timeoutMs, () =>
    bound.abort(new DOMException('No answer in time', 'TimeoutError')),
  )
  const signal = options.signal === undefined ? bound.signal : AbortSignal.any([options.signal, bound.signal])
  try {
    const answer = await send(fetch, options, signal)
    const { body, complete } = await readBody(answer.body, options.maxBytes)
    return {
      status: answer.status,
      contentType: answer.headers.get('content-type') ?? '',
      retryAfter: answer.headers.get('retry-after'),
      body,
      complete,
    }
  } finally {
    cancel()
  }
}

async function send(fetch: FetchLike, options: HttpRequest, signal: AbortSignal): Promise<FetchAnswer> {
  try {
    return await fetch(options.url, { ...options.init, redirect: 'manual', signal })
  } catch (error) {
    throw unreachable(error)
  }
}

/** In words that fit any server; who knows better what was asked says it in its own (`adapters/relay/http.ts`). */
function unreachable(error: unknown): UnreachableError {
  const reason = failureReason(error)
  return new UnreachableError(
    { en: `No usable answer (${reason}).`, zh: `没有得到可用的答复（${reason}）。` },
    { reason, cause: error },
  )
}

/** What the codes of undici, OpenSSL and zlib mean to whoever reads the log. Other codes speak for themselves. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/^(?:AbortError|ABORT_ERR)$/, 'aborted'],
  [/^UND_ERR_CONNECT_TIMEOUT$/, 'connect_timeout'],
  [/^UND_ERR_SOCKET$/, 'connection_closed'],
  [/^UND_ERR_HEADERS_OVERFLOW$/, 'head_too_large'],
  [/^UND_ERR_RES_CONTENT_LENGTH_MISMATCH$/, 'wrong_length'],
  [/^HTTPParserError$/, 'not_http'],
  // What comes back is no TLS: mostly a plain http port.
  [/^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/, 'not_tls'],
  [/^(?:Z|ERR__ERROR|ERR_PADDING|ZSTD)_\w+$/, 'bad_compression'],
]

/** The same for errors of undici that have a text and no code of their own. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  // Ports that browsers refuse too, such as 6000: no connection is even tried.
  [/^bad port$/, 'bad_port'],
  // A chunked body that stopped before its end, of an answer that said `connection: close` as uvicorn's do.
  [/\(Invalid EOF state\)$/, 'connection_closed'],
  [/^too many content-encodings /, 'bad_compression'],
]

/** A short word for logs: a system or TLS error code, `timeout`, `aborted`. */
export function failureReason(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'timeout'
  const text = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
  const code = errorCode(error)
  return (
    TEXTS.find(([pattern]) => pattern.test(text))?.[1] ?? MEANINGS.find(([pattern]) => pattern.test(code))?.[1] ?? code
  )
}

/**
 * Failures that happen before a request can have reached the other side; with any other one the outcome is open.
 * TLS errors come before the request too, and carry the code of the certificate's fault.
 */
const NOT_SENT =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|bad_port|connect_timeout|not_tls|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|ERR_TLS_\w+|ERR_SSL_\w+)$/

export function neverSent(error: unknown): boolean {
  return error instanceof UnreachableError && NOT_SENT.test(error.reason)
}

/**
 * Reads at once and without a pause: when a connection breaks, a web stream throws away what nobody has read yet, and
 * a relay has already deleted it.
 */
async function readBody(
  stream: ReadableBody | null,
  maxBytes: number,
): Promise<{ body: Uint8Array; complete: boolean }> {
  if (stream === null) return { body: new Uint8Array(0), complete: true }
  const body = createGrowingBytes()
  let complete = true
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (value === undefined) continue
      const room = maxBytes - body.length
      body.add(value.subarray(0, room))
      if (value.length > room) {
        complete = false
        await stopReading(reader)
        break
      }
    }
  } catch {
    // Cut: what arrived before is kept, the caller is told that it is not all.
    complete = false
  }
  return { body: body.take(), complete }
}

async function stopReading(reader: BodyReader): Promise<void> {
  await reader.cancel().catch(() => undefined)
}
