import type { Clock } from '../../core/clock.ts'
import { isWebhookUrl } from '../../core/config/places.ts'
import type { FetchLike } from '../../core/fetch.ts'
import { downloadUrl, type MediaReference } from '../../protocol/ilink/media.ts'
import { type OpenedMedia, openMedia } from '../../protocol/ilink/open-media.ts'
import { cipherSize } from '../../protocol/media-crypto.ts'
import { request } from '../http.ts'
import { failureOf } from './client.ts'

/** Fetching a file from the CDN, once (IL §8). Nothing of ours goes there but the address. */
export type Downloaded =
  | Extract<OpenedMedia, { kind: 'opened' }>
  /** It will not be otherwise next time; in a word for whoever reads of it. */
  | { readonly kind: 'never'; readonly why: MediaProblem }
  /** They answered, but not with the file. */
  | { readonly kind: 'again'; readonly why: MediaProblem }
  /** No answer: the network, or all of the CDN. */
  | { readonly kind: 'unreachable' }

/** Shown as `media=…`. */
export type MediaProblem =
  /** The sender has to send it in another form (IL §8). */
  | 'wrong_key'
  | 'no_key'
  | 'truncated'
  /** It was there once. */
  | 'gone'
  /** The message does not say where it is. */
  | 'nowhere'
  | 'too_large'
  /** The folder has no room. */
  | 'no_room'
  /** One message brought too many. */
  | 'too_many'
  | 'server_error'
  | 'unreachable'

export interface DownloadOptions {
  readonly media: MediaReference
  readonly cdnUrl: string
  /** Addresses in the clear are taken from this server, and from no other one. */
  readonly apiUrl: string
  readonly maxBytes: number
  readonly fetch: FetchLike
  readonly clock: Clock
  readonly signal: AbortSignal
}

const ANSWER_LIMIT_MS = 60_000
/** The slowest line that a file still comes through, in bytes a millisecond. */
const SLOWEST_DOWNLOAD = 64

export async function download(options: DownloadOptions): Promise<Downloaded> {
  const { media, maxBytes, fetch, clock, signal } = options
  const url = downloadUrl({ ...media, fullUrl: trusted(media.fullUrl, options) }, options.cdnUrl)
  if (url === null) return { kind: 'never', why: 'nowhere' }
  const claimed = Math.max(media.plainBytes ?? 0, media.cipherBytes ?? 0)
  if (claimed > cipherSize(maxBytes)) return { kind: 'never', why: 'too_large' }
  const limit = cipherSize(maxBytes)
  const timeoutMs = ANSWER_LIMIT_MS + (claimed || limit) / SLOWEST_DOWNLOAD
  try {
    const reply = await request(fetch, clock, {
      url,
      init: { method: 'GET', headers: {} },
      timeoutMs,
      maxBytes: limit,
      signal,
    })
    return read(reply, { media, limit, maxBytes })
  } catch (error) {
    failureOf(error)
    return { kind: 'unreachable' }
  }
}

function read(
  { status, body, complete }: { status: number; body: Uint8Array; complete: boolean },
  { media, limit, maxBytes }: { media: MediaReference; limit: number; maxBytes: number },
): Downloaded {
  if (status >= 500 || status === 408 || status === 429) return { kind: 'again', why: 'server_error' }
  if (status !== 200) return { kind: 'never', why: 'gone' }
  if (!complete) return body.length >= limit ? { kind: 'never', why: 'too_large' } : { kind: 'again', why: 'truncated' }
  const opened = openMedia(body, media)
  switch (opened.kind) {
    case 'opened':
      return opened.bytes.length > maxBytes ? { kind: 'never', why: 'too_large' } : opened
    case 'truncated':
      return { kind: 'again', why: 'truncated' }
    case 'wrong_key':
    case 'no_key':
      return { kind: 'never', why: opened.kind }
  }
}

/** No address of a machine's own secrets: what a message names is fetched without anybody looking at it. */
function trusted(url: string | null, { cdnUrl, apiUrl }: DownloadOptions): string | null {
  const parsed = url === null ? null : URL.parse(url)
  if (parsed === null) return null
  const isOurs = [cdnUrl, apiUrl].some(own => URL.parse(own)?.origin === parsed.origin)
  return isOurs || (parsed.protocol === 'https:' && isWebhookUrl(parsed.origin)) ? url : null
}
