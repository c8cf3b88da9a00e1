import { type FileVersion, type OpenDataFile, openDataFile } from '../../store/data-file-reader.ts'
import type { Request, Response } from '../http/server.ts'
import { sendError } from './answer.ts'
import { wantedOf } from './ranges.ts'

/** So much is read at a time; a reader who is slow makes us read slowly. */
const PIECE_BYTES = 64 * 1024

/** One of the shown files, or a part of it, as it was at one moment. */
export async function sendDataFile(request: Request, response: Response, path: string): Promise<void> {
  const opening = await openDataFile(path)
  switch (opening.kind) {
    case 'missing':
      return sendError(request, response, { status: 404, error: 'not_there' })
    case 'not_plain':
      return sendError(request, response, { status: 404, error: 'not_plain' })
    case 'unreadable':
      return sendError(request, response, { status: 500, error: 'unreadable' })
    case 'open':
      try {
        await answer(request, response, opening.file)
      } finally {
        await opening.file.close()
      }
  }
}

export function etagOf({ inode, size, mtimeMs }: FileVersion): string {
  return `"${inode}-${size}-${mtimeMs}"`
}

async function answer(request: Request, response: Response, file: OpenDataFile): Promise<void> {
  const { size } = file.version
  const etag = etagOf(file.version)
  response.setHeader('ETag', etag)
  response.setHeader('Cache-Control', 'no-cache')
  response.setHeader('Accept-Ranges', 'bytes')
  const conditions = {
    // "A server MUST ignore a Range header field received with a request method that is unrecognized or for which range
    // handling is not defined": it is for GET.
    range: request.method === 'GET' ? request.headers.range : undefined,
    ifRange: request.headers['if-range']?.toString(),
    ifNoneMatch: request.headers['if-none-match'],
  }
  const wanted = wantedOf(conditions, etag, size)
  if (wanted.kind === 'unchanged') {
    response.writeHead(304).end()
    return
  }
  if (wanted.kind === 'beyond') {
    const headers = { 'Content-Range': `bytes */${size}` }
    return sendError(request, response, { status: 416, error: 'beyond_the_end', headers })
  }
  const { start, end } = wanted.kind === 'part' ? wanted : { start: 0, end: size }
  response.setHeader('Content-Type', typeOf(request.url ?? ''))
  response.setHeader('Content-Length', end - start)
  if (wanted.kind === 'part') response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${size}`)
  response.statusCode = wanted.kind === 'part' ? 206 : 200
  if (request.method === 'HEAD') response.end()
  else await sendBytes(response, file, { start, end })
}

/** A file that was cut or written over meanwhile ends the connection: a part that looks whole would be a lie. */
async function sendBytes(
  response: Response,
  file: OpenDataFile,
  { start, end }: { start: number; end: number },
): Promise<void> {
  for (let at = start; at < end; ) {
    const bytes = await file.read(at, Math.min(at + PIECE_BYTES, end))
    at += bytes.length
    const isWhole = bytes.length > 0 && (at < end || (await file.isIntact()))
    if (!isWhole) response.destroy()
    if (response.destroyed) return
    if (!response.write(bytes)) await drained(response)
  }
  response.end()
}

/** Or gone, which also lets go of everybody who waits. */
function drained(response: Response): Promise<void> {
  return new Promise(resolve => {
    function done(): void {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
    if (response.destroyed) done()
  })
}

/** Never a type that a browser would run or render. */
function typeOf(url: string): string {
  return /\.json(?:\?|$)/.test(url) ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8'
}
