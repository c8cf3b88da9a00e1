import type { Fetch, FetchOptions, FileName, Reply } from '../../../ui/data/types.d.ts'

/** The seven files as the page's server gives them: ranges, ETags of inode, size and time, 304, 404 and 416. */
export interface ServedFiles {
  readonly fetch: Fetch
  /** `Range` of each request for this file; '' without. */
  readonly asked: { readonly name: string; readonly range: string }[]
  /** Called before each answer. */
  meddle: () => void
  isDown: boolean
  append(name: FileName, text: string | Uint8Array): void
  /** In place: the inode stays. */
  truncate(name: FileName, size: number): void
  /** Another file takes the name. */
  replace(name: FileName, text: string | Uint8Array): void
  remove(name: FileName): void
  bytes(name: FileName): Buffer | null
}

interface Served {
  readonly inode: number
  readonly bytes: Buffer
  readonly version: number
}

export function serveFiles(): ServedFiles {
  const files = new Map<string, Served>()
  let inodes = 100
  let versions = 1_700_000_000_000

  function put(name: string, bytes: Buffer, inode = ++inodes): void {
    files.set(name, { inode, bytes, version: ++versions })
  }

  function answer(name: string, options: FetchOptions): Reply {
    const file = files.get(name)
    if (file === undefined) return reply(404, {}, Buffer.from('{"error":"not_there"}'))
    const size = file.bytes.length
    const tag = `"${file.inode}-${size}-${file.version}"`
    if (options.headers['If-None-Match'] === tag) return reply(304, { etag: tag })
    const range = /^bytes=(\d*)-(\d*)$/.exec(options.headers['Range'] ?? '')
    if (range === null) return reply(200, { etag: tag }, file.bytes)
    const [, from = '', to = ''] = range
    const first = from === '' ? Math.max(0, size - Number(to)) : Number(from)
    const last = from === '' || to === '' ? size - 1 : Math.min(size - 1, Number(to))
    if (first >= size || last < first) return reply(416, { 'content-range': `bytes */${size}`, etag: tag })
    const headers = { etag: tag, 'content-range': `bytes ${first}-${last}/${size}` }
    return reply(206, headers, file.bytes.subarray(first, last + 1))
  }

  const served: ServedFiles = {
    asked: [],
    meddle: () => undefined,
    isDown: false,
    async fetch(url, options) {
      served.meddle()
      const name = url.split('/').at(-1) ?? ''
      served.asked.push({ name, range: options.headers['Range'] ?? '' })
      if (served.isDown) throw new TypeError('fetch failed')
      return answer(name, options)
    },
    append(name, text) {
      const file = files.get(name)
      put(name, Buffer.concat([file?.bytes ?? Buffer.alloc(0), Buffer.from(text)]), file?.inode)
    },
    truncate(name, size) {
      const file = files.get(name)
      if (file !== undefined) put(name, file.bytes.subarray(0, size), file.inode)
    },
    replace: (name, text) => put(name, Buffer.from(text)),
    remove: name => files.delete(name),
    bytes: name => files.get(name)?.bytes ?? null,
  }
  return served
}

function reply(status: number, headers: Readonly<Record<string, string>>, bytes: Uint8Array = new Uint8Array()): Reply {
  return {
    status,
    headers: { get: name => headers[name.toLowerCase()] ?? null },
    body: { cancel: () => Promise.resolve() },
    arrayBuffer: () => Promise.resolve(new Uint8Array(bytes).buffer),
  }
}
