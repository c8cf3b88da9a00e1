import type { RawAnswer, Request, Response } from '../http/server.ts'

/** By this a second start knows who has its port. */
export const SERVER_NAME = 'openwechat-im-client'

/**
 * On every answer. The page shows what strangers wrote: should a text of theirs ever become markup, it still runs
 * nothing, loads nothing and tells nobody.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    // No text becomes markup or a script by assignment: the browser throws instead.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  Server: SERVER_NAME,
}

export function setSecurityHeaders(response: Response): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
}

export interface ErrorAnswer {
  readonly status: number
  readonly error: string
  /** For somebody who looks at the answer in a browser's window. */
  readonly text?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

export function sendError(request: Request, response: Response, { status, error, text, headers }: ErrorAnswer): void {
  const isPage = text !== undefined && request.headers['sec-fetch-dest'] === 'document'
  const body = Buffer.from(isPage ? `${text}\n` : bodyOf(error))
  response.writeHead(status, {
    ...headers,
    'Content-Type': isPage ? 'text/plain; charset=utf-8' : 'application/json',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    // A body that nobody asked for is not read to its end.
    ...(request.method === 'GET' || request.method === 'HEAD' ? {} : { Connection: 'close' }),
  })
  response.end(body)
}

/** For what did not become a request. */
export function rawError(status: number, error: string): RawAnswer {
  return { headers: { ...SECURITY_HEADERS, ...(status === 405 ? { Allow: ALLOWED } : {}) }, body: bodyOf(error) }
}

export const ALLOWED = 'GET, HEAD'

function bodyOf(error: string): string {
  return JSON.stringify({ error })
}
