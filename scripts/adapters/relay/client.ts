import type { Clock } from '../../core/clock.ts'
import { RefusedError, ThrottledError, UnauthorizedError } from '../../core/errors.ts'
import type { FetchInit, FetchLike } from '../../core/fetch.ts'
import { decodeUtf8 } from '../../core/utf8.ts'
import { classifyReply } from '../../protocol/relay/reply.ts'
import { retryAfterMs } from '../../protocol/retry-after.ts'
import type { HttpReply, HttpRequest } from '../http.ts'
import { askRelay, noAnswer } from './http.ts'
import type { Lane, Pacer } from './pacer.ts'

/** The relay's endpoints (RC §3) as this adapter uses them. Each request has its own connection (RC §2). */
export interface RelayClient {
  /** `GET /messages`: deletes what it returns, so it can not be aborted; ends after 120 s at the latest. */
  readInbox(limit: number, signal: AbortSignal): Promise<HttpReply>
  /** A body that is judged by the caller's grammar. Throws for every other kind of answer. */
  getText(path: string, signal: AbortSignal): Promise<string>
  /**
   * The same for a request that changes something.
   *
   * @throws RefusedError, ThrottledError, UnauthorizedError: nothing was done. UnreachableError: it may have been done,
   *   unless `neverSent` says otherwise
   */
  change(change: Change, signal: AbortSignal): Promise<string>
  /** `GET /homepage/{id}`: whatever a stranger made of it. @throws the same as `getText` */
  getPage(path: string, signal: AbortSignal): Promise<string>
  /** Whether anything answers there, whatever it says. Costs the relay nothing and is not counted (RC §2). */
  isReachable(signal: AbortSignal): Promise<boolean>
}

export interface Change {
  readonly method: 'POST' | 'PUT' | 'PATCH'
  readonly path: string
  readonly contentType?: string
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly onSent?: (bytes: number) => void
  /** Awaited when its turn has come, before anything is sent. */
  readonly before?: (() => Promise<void>) | undefined
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
/** The slowest line that a file of 10 MiB still goes through, in bytes a millisecond. */
const SLOWEST_UPLOAD = 16
/** Nothing hangs on the answer: a relay that is slower is asked again. */
const REACHABLE_LIMIT_MS = 10_000
/** A message of the longest text, name, description and file name has 6 KB (RC §3, §5). */
const MAX_MESSAGE_BYTES = 16 * 1024
/** One alone may have what an event of the stream may have. */
const MAX_INBOX_BYTES = 1024 * 1024
const MAX_TEXT_BYTES = 4 * 1024 * 1024
const MAX_PROFILE_BYTES = 64 * 1024
/** RC §3: a homepage has 512 KiB at most. A later relay may accept more, but not without end. */
const MAX_PAGE_BYTES = 2 * 1024 * 1024

export function createRelayClient(options: RelayClientOptions): RelayClient {
  const { baseUrl, token, fetch, clock, pacer } = options
  const headers = { Accept: 'text/plain', 'Accept-Encoding': 'identity', 'X-Token': token }
  const get = { method: 'GET', headers } as const

  /** @throws UnreachableError for an answer that is not whole: a name may read like a refusal, if nothing follows */
  async function ask(
    lane: Lane,
    { before, signal, ...what }: HttpRequest & { signal: AbortSignal; before?: Change['before'] },
  ): Promise<{ reply: HttpReply; text: string }> {
    await pacer.turn(signal, lane)
    await before?.()
    const reply = await askRelay(fetch, clock, { ...what, signal })
    if (!reply.complete) throw noAnswer('body_cut')
    return { reply, text: decodeUtf8(reply.body) }
  }

  function judge({ reply, text }: { reply: HttpReply; text: string }): string {
    const answer = classifyReply(reply.status, text)
    switch (answer.kind) {
      case 'text':
        pacer.passed()
        return text
      case 'throttled':
      case 'stream_limit': {
        const wait = retryAfterMs(reply.retryAfter, clock.now())
        pacer.throttled(wait)
        throw new ThrottledError(TOO_OFTEN, { retryAfterMs: wait, nextStep: LATER })
      }
      case 'unauthorized':
        throw new UnauthorizedError(TOKEN_REFUSED, { nextStep: CORRECT_TOKEN })
      case 'refused':
        pacer.passed()
        throw new RefusedError(answer.text, { status: reply.status })
      case 'no_answer':
        throw noAnswer(answer.reason)
    }
  }

  return {
    async readInbox(limit, signal) {
      await pacer.turn(signal)
      return askRelay(fetch, clock, {
        url: `${baseUrl}/messages?limit=${limit}`,
        init: get,
        timeoutMs: READ_LIMIT_MS,
        maxBytes: MAX_INBOX_BYTES + limit * MAX_MESSAGE_BYTES,
      })
    },

    async isReachable(signal) {
      try {
        await askRelay(fetch, clock, {
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
      const maxBytes = path.startsWith('/users/') ? MAX_PROFILE_BYTES : MAX_TEXT_BYTES
      return judge(
        await ask('read', { url: `${baseUrl}${path}`, init: get, timeoutMs: REQUEST_LIMIT_MS, maxBytes, signal }),
      )
    },

    async change({ method, path, contentType, body, onSent, before }, signal) {
      const init: Omit<FetchInit, 'signal' | 'redirect'> = {
        method,
        headers: { ...headers, ...(contentType === undefined ? {} : { 'Content-Type': contentType }) },
        ...(body === undefined ? {} : { body }),
        ...(onSent === undefined ? {} : { onSent }),
      }
      const timeoutMs = REQUEST_LIMIT_MS + (body?.length ?? 0) / SLOWEST_UPLOAD
      const url = `${baseUrl}${path}`
      return judge(await ask('send', { url, init, timeoutMs, maxBytes: MAX_TEXT_BYTES, signal, before }))
    },

    async getPage(path, signal) {
      const init = { method: 'GET', headers: { Accept: 'text/html', 'Accept-Encoding': 'identity' } } as const
      const url = `${baseUrl}${path}`
      const page = await ask('read', { url, init, timeoutMs: REQUEST_LIMIT_MS, maxBytes: MAX_PAGE_BYTES, signal })
      // Of a page only the status tells anything: its text is somebody else's (RC §5, family B).
      return page.reply.status === 200 ? page.text : judge(page)
    },
  }
}

const TOO_OFTEN = { en: 'The relay asks for fewer requests.', zh: '中继要求降低请求频率。' }
const LATER = { en: 'Nothing was done. Try again in a few seconds.', zh: '未执行任何操作。请几秒后再试。' }
const TOKEN_REFUSED = { en: 'The relay does not accept the token.', zh: '中继不接受该 Token。' }
const CORRECT_TOKEN = {
  en: 'Correct token in config.json, or register anew; a lost token can not be shown again.',
  zh: '请修正 config.json 中的 token，或重新注册；丢失的 Token 无法再次显示。',
}
