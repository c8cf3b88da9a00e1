/** @import { Fetch, FetchOptions, Reply } from './types.d.ts' */

/**
 * One request for a part of a file. The ETag is `"<inode>-<size>-<mtime ms>"`: its inode says whether it is still the
 * same file. If-Range would not do: a file that has grown has another ETag, and all of it would come.
 *
 * @typedef {{ readonly kind: 'missing' }} Missing
 * @typedef {{ readonly kind: 'same' }} Same the ETag is that of `tag`
 * @typedef {{ readonly kind: 'beyond', readonly size: number }} Beyond the file ends before the part begins
 * @typedef {{ readonly kind: 'bytes', readonly inode: string, readonly tag: string, readonly first: number,
 *   readonly size: number, readonly bytes: Uint8Array }} Bytes
 * @typedef {Missing | Same | Beyond | Bytes} Answer
 */

/** Where a server gives no ETag of this form, only sizes and bytes tell files apart. */
const UNKNOWN = '?'

/**
 * @param {{ url: string, fetch: Fetch, range: string, tag?: string, signal?: AbortSignal | undefined }} options
 *   range: as in the header, `0-99` or `-1000`; tag: the answer is `same` when the file still has it
 * @returns {Promise<Answer>} rejects when there is no answer, or none that can be used
 */
export async function requestRange({ url, fetch, range, tag = '', signal }) {
  /** @type {FetchOptions} */
  const options = {
    headers: { Range: `bytes=${range}`, ...(tag === '' ? {} : { 'If-None-Match': tag }) },
    cache: 'no-store',
    ...(signal === undefined ? {} : { signal }),
  }
  const reply = await fetch(url, options)
  if (reply.status === 206 || reply.status === 200) return readBytes(reply)
  await reply.body?.cancel()
  if (reply.status === 304) return { kind: 'same' }
  if (reply.status === 404) return { kind: 'missing' }
  const size = /^bytes \*\/(\d+)$/.exec(reply.headers.get('content-range') ?? '')?.[1]
  if (reply.status === 416 && size !== undefined) return { kind: 'beyond', size: Number(size) }
  throw new Error(`unusable answer: ${reply.status}`)
}

/**
 * @param {Reply} reply
 * @returns {Promise<Bytes>}
 */
async function readBytes(reply) {
  const tag = reply.headers.get('etag') ?? ''
  const inode = /^"(\d+)-\d+-[\d.]+"$/.exec(tag)?.[1] ?? UNKNOWN
  const bytes = new Uint8Array(await reply.arrayBuffer())
  if (reply.status === 200) return { kind: 'bytes', inode, tag, first: 0, size: bytes.length, bytes }
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(reply.headers.get('content-range') ?? '') ?? []
  if (first === undefined || Number(last) - Number(first) + 1 !== bytes.length)
    throw new Error('unusable answer: range')
  return { kind: 'bytes', inode, tag, first: Number(first), size: Number(size), bytes }
}
