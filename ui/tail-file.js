/**
 * A data file as it is, from its end backwards. Parts begin at the start of a line, so that no character is cut.
 */

export const PART_BYTES = 64 * 1024

/** @typedef {{ kind: 'part', text: string, start: number, size: number, tag: string } | { kind: 'missing' | 'failed' | 'changed' }} TailPart */

/**
 * @param {(url: string, init: RequestInit) => Promise<Response>} fetcher
 * @param {string} url
 * @param {{ before: number, tag: string } | null} known the part that stands behind this one; null for the end of the file
 * @returns {Promise<TailPart>}
 */
export async function readPart(fetcher, url, known) {
  const range = known === null ? `-${PART_BYTES}` : `${Math.max(0, known.before - PART_BYTES)}-${known.before - 1}`
  /** @type {Response} */
  let answer
  try {
    answer = await fetcher(url, { headers: { range: `bytes=${range}` }, cache: 'no-store' })
  } catch {
    return { kind: 'failed' }
  }
  if (answer.status === 404) return { kind: 'missing' }
  const tag = answer.headers.get('etag') ?? ''
  // An empty file has no last bytes.
  if (answer.status === 416)
    return known === null ? { kind: 'part', text: '', start: 0, size: 0, tag } : { kind: 'changed' }
  if (answer.status !== 206 && answer.status !== 200) return { kind: 'failed' }
  if (known !== null && (answer.status === 200 || inodeOf(tag) !== inodeOf(known.tag))) return { kind: 'changed' }
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const place = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.headers.get('content-range') ?? '')
  const first = Number(place?.[1] ?? 0)
  const skipped = first === 0 ? 0 : beginningIn(bytes)
  return {
    kind: 'part',
    text: new TextDecoder().decode(bytes.subarray(skipped)),
    start: first + skipped,
    size: place === null ? bytes.length : Number(place[2]),
    tag,
  }
}

/** Behind the first line break; in a line longer than the part, at the first whole character. @param {Uint8Array} bytes */
function beginningIn(bytes) {
  const line = bytes.indexOf(0x0a) + 1
  if (line > 0 && line < bytes.length) return line
  return Math.max(
    0,
    bytes.findIndex(byte => (byte & 0xc0) !== 0x80),
  )
}

/** A file that only grew is the same one. @param {string} tag */
function inodeOf(tag) {
  return tag.replace(/^(?:W\/)?"([^-"]*).*$/, '$1')
}
