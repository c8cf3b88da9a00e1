import { randomBytes } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { FetchLike } from '../../core/fetch.ts'
import { decodeUtf8 } from '../../core/utf8.ts'
import { type CdnReply, readUploaded, type UploadGrant } from '../../protocol/ilink/answers.ts'
import { mediaKindOf } from '../../protocol/ilink/kinds.ts'
import type { SentMediaKind, UploadedMedia } from '../../protocol/ilink/outgoing.ts'
import { cdnUploadUrl } from '../../protocol/ilink/urls.ts'
import { encryptMedia, hexOf } from '../../protocol/media-crypto.ts'
import { request } from '../http.ts'
import { failureOf, type IlinkClient, type NotDone } from './client.ts'

/** Puts a file where a message can name it (IL §7). Until that message is sent nobody sees it, so this may be repeated. */
export interface UploadContext {
  readonly client: IlinkClient
  readonly cdnUrl: string
  readonly fetch: FetchLike
  readonly clock: Clock
  readonly signal: AbortSignal
}

export interface NewFile {
  /** The recipient: an upload belongs to one. */
  readonly to: string
  readonly name: string
  readonly bytes: Uint8Array
  /** As what it goes out; by its name when it is left out. */
  readonly kind?: SentMediaKind
  /** Bytes of ciphertext that have left, of all. */
  readonly progress?: (done: number, total: number) => void
}

export type UploadOutcome =
  | { readonly kind: 'ok'; readonly media: UploadedMedia }
  /** No address was given. */
  | NotDone
  /** The CDN took it at no try, in their words as far as there were any. */
  | {
      readonly kind: 'cdn'
      readonly reason: string
      readonly said: string | null
      /** They will not take it next time either. */
      readonly isFinal: boolean
    }

/** "At most 3 attempts in total, immediately one after the other; a 4xx aborts at once" (IL §7). */
const MOST_TRIES = 3

export async function uploadFile(context: UploadContext, file: NewFile): Promise<UploadOutcome> {
  const { to, name, bytes, kind = mediaKindOf(name), progress } = file
  const key = randomBytes(16)
  const fileKey = randomBytes(16)
  const grant = await context.client.getUploadUrl({ kind, to, fileKey, key, plain: bytes }, context.signal)
  if (grant.kind !== 'ok') return grant
  const cipher = encryptMedia(bytes, key)
  const url = urlOf(grant, { cdnUrl: context.cdnUrl, fileKey })
  for (let attempt = 1; ; attempt++) {
    const done = await put(context, { url, cipher, progress })
    context.signal.throwIfAborted()
    if (done.kind === 'ok')
      return { kind: 'ok', media: { kind, name, key, plainBytes: bytes.length, param: done.param } }
    const isFinal = done.kind === 'refused'
    if (isFinal || attempt === MOST_TRIES) return { kind: 'cdn', reason: done.reason, said: done.said, isFinal }
  }
}

/** The whole address first (IL §7): with the parameter alone larger files were refused. */
function urlOf(
  grant: Extract<UploadGrant, { kind: 'ok' }>,
  { cdnUrl, fileKey }: { cdnUrl: string; fileKey: Uint8Array },
): string {
  return grant.url ?? cdnUploadUrl(cdnUrl, { param: grant.param, fileKey: hexOf(fileKey) })
}

const ANSWER_LIMIT_MS = 60_000
/** The slowest line that a file still goes through, in bytes a millisecond. */
const SLOWEST_UPLOAD = 16
const MAX_ANSWER_BYTES = 16 * 1024

async function put(
  { fetch, clock, signal }: UploadContext,
  { url, cipher, progress }: { url: string; cipher: Uint8Array<ArrayBuffer>; progress: NewFile['progress'] },
): Promise<ReturnType<typeof readUploaded>> {
  let heard: Pick<CdnReply, 'encryptedParam' | 'errorMessage'> = { encryptedParam: null, errorMessage: null }
  const listening: FetchLike = async (address, init) => {
    const answer = await fetch(address, init)
    const { headers } = answer
    heard = { encryptedParam: headers.get('x-encrypted-param'), errorMessage: headers.get('x-error-message') }
    return answer
  }
  try {
    const { status, body } = await request(listening, clock, {
      url,
      init: {
        method: 'POST',
        headers: { 'Content-Type': 'application/octet-stream' },
        body: cipher,
        ...(progress === undefined ? {} : { onSent: sent => progress(sent, cipher.length) }),
      },
      timeoutMs: ANSWER_LIMIT_MS + cipher.length / SLOWEST_UPLOAD,
      maxBytes: MAX_ANSWER_BYTES,
      signal,
    })
    return readUploaded({ status, ...heard, text: decodeUtf8(body) })
  } catch (error) {
    const failure = failureOf(error)
    return { kind: 'retry', reason: failure.kind === 'transport' ? failure.reason : failure.kind, said: null }
  }
}
