/** Reading bodies: never more in memory than the endpoint keeps, never an endless one. */

import type { IncomingMessage } from 'node:http'
import { type Checked, combine, invalid } from './checks.ts'
import { ClientGone, InvalidRequest, UnreadableBody } from './replies.ts'

/** A 10 MiB upload with its frame fits three times; whoever sends more than this is cut off. */
const LONGEST_BODY_BYTES = 32 * 1024 * 1024

/** 1000 characters as twelve bytes of escapes each are 12 KB; the rest is room for unknown fields. */
const LONGEST_JSON_BYTES = 1024 * 1024

/** Hands every chunk to `take`, also those an endpoint no longer wants: a client reads its reply after it has sent all. */
export function eachChunk(request: IncomingMessage, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0
    const stop = (error: Error) => {
      request.off('data', onData)
      reject(error)
    }
    const onData = (chunk: Buffer) => {
      received += chunk.length
      if (received > LONGEST_BODY_BYTES) {
        stop(new UnreadableBody({ message: 'Request Entity Too Large', status: 413 }))
        return
      }
      try {
        take(chunk)
      } catch (error) {
        stop(error instanceof Error ? error : new Error('a chunk was not taken', { cause: error }))
      }
    }
    request.on('data', onData)
    request.once('end', () => resolve())
    // 'close' without 'end' is a client that hung up; after 'end' the promise is settled already. There is no 'error'
    // as long as nobody listens for it.
    request.once('close', () => reject(new ClientGone()))
    if (request.destroyed) reject(new ClientGone())
  })
}

/** At most `keepBytes + 1` bytes of the body: enough to see that it was too long. */
export async function readBytes(request: IncomingMessage, keepBytes: number): Promise<Buffer> {
  const kept: Buffer[] = []
  let room = keepBytes + 1
  await eachChunk(request, chunk => {
    if (room === 0) return
    const part = chunk.subarray(0, room)
    room -= part.length
    kept.push(part)
  })
  return Buffer.concat(kept)
}

export function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

export function isJsonType(type: string): boolean {
  return type === 'application/json' || /^application\/[^;]*\+json$/.test(type)
}

/** `body -> 9: JSON decode error` (transcript 316): where the text stops making sense, in characters. */
function decodeErrorPosition(source: string, error: unknown): number {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined
  return position === undefined ? source.length : Number(position)
}

/** What the body says as JSON; undefined when it is empty, the bytes' text when it claims to be something else. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request, LONGEST_JSON_BYTES)
  if (bytes.length > LONGEST_JSON_BYTES) {
    throw new InvalidRequest([{ location: ['body'], message: `Input should have at most ${LONGEST_JSON_BYTES} bytes` }])
  }
  if (bytes.length === 0) return undefined
  const type = mediaType(request)
  if (type !== '' && !isJsonType(type)) return bytes.toString('latin1')
  let source: string
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    // RC §5: "JSON body not UTF-8", transcript 907.
    throw new UnreadableBody({ cause })
  }
  try {
    return JSON.parse(source)
  } catch (error) {
    throw new InvalidRequest([{ location: ['body', decodeErrorPosition(source, error)], message: 'JSON decode error' }])
  }
}

type Fields = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Checks the fields of a JSON body; unknown ones are ignored (RC §3). */
export function bodyFields<T extends object>(
  body: unknown,
  check: (fields: Fields) => { [K in keyof T]: Checked<T[K]> },
): Checked<T> {
  if (body === undefined) return invalid(['body'], 'Field required')
  if (!isObject(body)) {
    return invalid(['body'], 'Input should be a valid dictionary or object to extract fields from')
  }
  return combine<T>(check(body))
}
