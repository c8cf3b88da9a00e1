/** One request from its arrival to the last byte of its reply. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import type { RateLimiter } from './rate-limit.ts'
import type { Call, Outcome, Relay } from './relay.ts'
import { ClientGone, errorReply, internalError, type Reply, text } from './replies.ts'
import { currentRoutes, findRoute, type Route } from './routes.ts'

/**
 * A client that takes longer to read a reply is cut off: rows of the inbox wait for it, hidden from its owner's other
 * reads. The largest reply, 500 long messages, needs 17 KB/s.
 */
const LONGEST_REPLY_MS = 120_000

/** IPv4 as seen by a socket that listens on both. */
const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/

/** RC §2: "per IP, taken from the first `X-Forwarded-For` entry". */
function clientIpOf(request: IncomingMessage): string {
  const forwarded = [request.headers['x-forwarded-for'] ?? ''].flat().join(',').split(',', 1)[0]?.trim()
  return forwarded || (request.socket.remoteAddress ?? '').replace(MAPPED_IPV4, '')
}

/** RC §3: "built from the `Host` header"; what can not be a host is left out of addresses and headers. */
function originOf(request: IncomingMessage): string {
  const host = request.headers.host ?? ''
  if (/^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host)) return `http://${host}`
  const { localAddress = '', localPort } = request.socket
  return `http://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
}

export interface Incoming {
  /** null: switched off. */
  readonly limiter: RateLimiter | null
  readonly routes?: readonly Route[]
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

interface Described {
  readonly call: Omit<Call, 'idText'>
  readonly search: string
}

function describe(relay: Relay, request: IncomingMessage, response: ServerResponse): Described {
  const [path = '', ...rest] = (request.url ?? '').replace(/^http:\/\/[^/?]*/i, '').split('?')
  const search = rest.length > 0 ? `?${rest.join('?')}` : ''
  const token = request.headers['x-token']
  return {
    search,
    call: {
      request,
      response,
      method: request.method ?? '',
      path,
      query: new URLSearchParams(search),
      user: typeof token === 'string' ? relay.users.byToken(token) : null,
      clientIp: clientIpOf(request),
      origin: originOf(request),
    },
  }
}

async function outcomeOf(relay: Relay, incoming: Incoming): Promise<Outcome> {
  const { limiter, routes = currentRoutes, request, response } = incoming
  const { call, search } = describe(relay, request, response)
  relay.observe({ kind: 'request', method: call.method, path: call.path, userId: call.user?.id ?? null })
  if (limiter !== null && !limiter.limit.isExempt(call.path)) {
    const isByIp = call.user === null || limiter.limit.per === 'ip'
    const isAdmitted = limiter.admit(isByIp ? `ip:${call.clientIp}` : `user:${call.user.id}`)
    if (!isAdmitted) return text('错误：请求过于频繁，请稍后再试。', limiter.limit.status)
  }
  const routed = findRoute({ ...call, search }, routes)
  if ('reply' in routed) return routed.reply
  try {
    return await routed.endpoint(relay, { ...call, idText: routed.idText })
  } catch (error) {
    if (error instanceof ClientGone) return 'taken'
    const reply = errorReply(error, routed.family)
    if (reply === null) throw error
    return reply
  }
}

/** Resolves when the kernel has the whole reply (true) or the connection is gone (false). */
function write(clock: Clock, response: ServerResponse, reply: Reply): Promise<boolean> {
  return new Promise(resolve => {
    if (response.destroyed) return resolve(false)
    const cancelCutOff = clock.after(LONGEST_REPLY_MS, () => response.destroy())
    const settle = (complete: boolean) => {
      cancelCutOff()
      resolve(complete)
    }
    response.once('finish', () => settle(true))
    response.once('close', () => settle(false))
    response.on('error', () => settle(false))
    response.sendDate = false
    response.setHeader('date', new Date(clock.now()).toUTCString())
    response.setHeader('content-length', Buffer.byteLength(reply.body))
    if (reply.type !== null) response.setHeader('content-type', reply.type)
    for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value)
    // RC §2: connections stay open "without a `Keep-Alive` header", which Node writes unless told otherwise.
    if (response.shouldKeepAlive && !response.hasHeader('connection')) response.removeHeader('connection')
    response.writeHead(reply.status)
    response.end(reply.body)
  })
}

/** Never rejects. */
export async function answer(relay: Relay, incoming: Incoming): Promise<void> {
  const { request, response } = incoming
  const where = `${request.method} ${request.url?.split('?', 1)[0]}`
  const failed = (error: unknown) => relay.observe({ kind: 'failed', where, error })
  try {
    const outcome = await outcomeOf(relay, incoming).catch(error => {
      failed(error)
      return internalError
    })
    if (outcome === 'taken') return
    const complete = await write(relay.clock, response, outcome)
    outcome.settled?.(complete)
  } catch (error) {
    failed(error)
    response.destroy()
  }
}
