import { type Answer, type Fields, head, reply } from './exchange.ts'
import type { Behaviour } from './server.ts'

/** Answers in good form that are no stream. */

const PORTAL = '<!DOCTYPE html><html><head><title>Wi-Fi</title></head><body><form>Accept the terms</form></body></html>'
const HTML: Fields = { 'content-type': 'text/html; charset=utf-8' }
const JSON_TYPE: Fields = { 'content-type': 'application/json' }
const THROTTLED = '错误：请求过于频繁，请稍后再试。'

export const STATUSES: Readonly<Record<string, Behaviour>> = {
  'no-content': { everything: bare('204 No Content') },
  'not-modified': { everything: bare('304 Not Modified') },
  'redirect-loop': { everything: exchange => redirect(`/redirect-loop${exchange.path}`)(exchange) },
  'redirect-elsewhere': {
    // Another origin, though the same server: whoever goes there is seen.
    everything: exchange =>
      redirect(`http://localhost:${exchange.socket.localPort}/redirect-elsewhere/elsewhere${exchange.path}`)(exchange),
  },
  'bad-request': { everything: reply('{"detail":"?"}', { status: '400 Bad Request', fields: JSON_TYPE }) },
  unauthorized: { everything: reply('错误 401：Token 无效', { status: '401 Unauthorized' }) },
  forbidden: { everything: reply('<h1>403 Forbidden</h1>', { status: '403 Forbidden', fields: HTML }) },
  'no-stream': { stream: reply('{"detail":"Not Found"}', { status: '404 Not Found', fields: JSON_TYPE }) },
  'not-found-by-a-proxy': { everything: reply('404 page not found', { status: '404 Not Found' }) },
  'too-many': { everything: reply('slow down', { status: '429 Too Many Requests' }) },
  'retry-after-2': { everything: throttled('2') },
  'retry-after-absurd': { everything: throttled('1000000000000') },
  'retry-after-negative': { everything: throttled('-5') },
  'retry-after-date': { everything: throttled('Wed, 09 Mar 2101 10:00:00 GMT') },
  'server-error': { everything: reply('Internal Server Error', { status: '500 Internal Server Error' }) },
  'bad-gateway': { everything: reply('<h1>502 Bad Gateway</h1>', { status: '502 Bad Gateway', fields: HTML }) },
  'captive-portal': { everything: reply(PORTAL, { fields: HTML }) },
  json: { everything: reply('{"status":"ok"}', { fields: JSON_TYPE }) },
  'no-type': {
    async stream(exchange) {
      await exchange.send('HTTP/1.1 200 OK\r\n\r\nevent: log\ndata: x\n\n')
      await exchange.left
    },
  },
}

function redirect(location: string): Answer {
  return reply('', { status: '307 Temporary Redirect', fields: { location } })
}

function throttled(retryAfter: string): Answer {
  return reply(THROTTLED, { status: '429 Too Many Requests', fields: { 'retry-after': retryAfter } })
}

function bare(status: string): Answer {
  return async exchange => {
    await exchange.send(head(status))
    exchange.finish()
  }
}
