import type { Clock } from '../../core/clock.ts'
import { RefusedError, ThrottledError, UnauthorizedError, UnreachableError } from '../../core/errors.ts'
import type { FetchLike } from '../../core/fetch.ts'
import { decodeUtf8 } from '../../core/utf8.ts'
import { classifyReply, retryAfterMs } from '../../protocol/relay/reply.ts'
import { type HttpReply, request } from './http.ts'
import type { Pacer } from './pacer.ts'

/** The relay's endpoints (RC §3) as this adapter uses them. Each request has its own connection (RC §2). */
export interface RelayClient {
  /** `GET /messages`: deletes what it returns, so it can not be aborted; ends after 120 s at the latest. */
  readInbox(limit: number, signal: AbortSignal): Promise<HttpReply>
  /** A body that is judged by the caller's grammar. Throws for every other kind of answer. */
  getText(path: string, signal: AbortSignal): Promise<string>
  /** Whether anything answers there, whatever it says. Costs the relay nothing and is not counted (RC §2). */
  isReachable(signal: AbortSignal): Promise<boolean>
}

export interface RelayClientOptions {
  readonly baseUrl: string
  readonly token: string
  readonly fetch: FetchLike
  readonly clock: Clock
  readonly pacer: Pacer
}

/** Hard bound of a read (design §3). */
const READ_LIMIT_MS = 120_000
/** Above the freezes that RC §2 reports, which add up. */
const REQUEST_LIMIT_MS = 35_000
/** Nothing hangs on the answer: a relay that is slower is asked again. */
const REACHABLE_LIMIT_MS = 10_000
/** A message of the longest text, name, description and file name has 6 KB (RC §3, §5). */
const MAX_MESSAGE_BYTES = 16 * 1024
/** One alone may have what an event of the stream may have. */
const MAX_INBOX_BYTES = 1024 * 1024
const MAX_TEXT_BYTES = 4 * 1024 * 1024
const MAX_PROFILE_BYTES = 64 * 1024

export function createRelayClient(options: RelayClientOptions): RelayClient {
  const { baseUrl, token, fetch, clock, pacer } = options
  const get = {
    method: 'GET',
    headers: { Accept: 'text/plain', 'Accept-Encoding': 'identity', 'X-Token': token },
  } as const

  return {
    async readInbox(limit, signal) {
      await pacer.turn(signal)
      return request(fetch, clock, {
        url: `${baseUrl}/messages?limit=${limit}`,
        init: get,
        timeoutMs: READ_LIMIT_MS,
        maxBytes: MAX_INBOX_BYTES + limit * MAX_MESSAGE_BYTES,
      })
    },

    async isReachable(signal) {
      try {
        await request(fetch, clock, {
          url: `${baseUrl}/health`,
          init: { method: 'GET', headers: { Accept: 'application/json', 'Accept-Encoding': 'identity' } },
          timeoutMs: REACHABLE_LIMIT_MS,
          maxBytes: 4096,
          signal,
        })
        return true
      } catch {
        return false
      }
    },

    async getText(path, signal) {
      await pacer.turn(signal)
      const reply = await request(fetch, clock, {
        url: `${baseUrl}${path}`,
        init: get,
        timeoutMs: REQUEST_LIMIT_MS,
        maxBytes: path.startsWith('/users/') ? MAX_PROFILE_BYTES : MAX_TEXT_BYTES,
        signal,
      })
      // A name may read like a refusal, as long as nothing stands behind it.
      if (!reply.complete) throw new UnreachableError('The answer was cut', { reason: 'body_cut' })
      const text = decodeUtf8(reply.body)
      const answer = classifyReply(reply.status, text)
      switch (answer.kind) {
        case 'text':
          pacer.passed()
          return text
        case 'throttled':
        case 'stream_limit': {
          const wait = retryAfterMs(reply.retryAfter, clock.now())
          pacer.throttled(wait)
          throw new ThrottledError('The relay asks for fewer requests', { retryAfterMs: wait })
        }
        case 'unauthorized':
          throw new UnauthorizedError('The relay does not accept the token')
        case 'refused':
          pacer.passed()
          throw new RefusedError(answer.text, { status: reply.status })
        case 'no_answer':
          throw new UnreachableError('The relay gave no usable answer', { reason: answer.reason })
      }
    },
  }
}
