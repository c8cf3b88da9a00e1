import type { Server } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import { ConfigError, errorCode, errorPlace } from '../../core/errors.ts'
import type { Bilingual } from '../../core/i18n.ts'
import type { Logger } from '../../core/logger.ts'
import { type Answer, failure, LARGEST_BODY_BYTES } from '../../engine/intake/exchange.ts'
import type { Intake } from '../../engine/intake/intake.ts'
import { askingOf, type Refusal } from '../http/asking.ts'
import { HOST, listenOn } from '../http/listen.ts'
import { createHttpServer, type Limits, type RawAnswer, type Request, type Response } from '../http/server.ts'
import { readBody } from './body.ts'
import { refusalOf } from './guard.ts'

/** The daemon's one listener: webhooks that come in, and what a wechat_abot plugin asks for. For programs only. */
export interface IntakeServer {
  readonly port: number
  /** Takes nothing new, lets what is under way come to its end for a while, then ends every connection. */
  close(): Promise<void>
}

export interface IntakeServerOptions {
  /** 0: any free one. */
  readonly port: number
  /** Names besides those of this machine, under which a proxy passes requests on. */
  readonly hosts: () => readonly string[]
  readonly intake: Intake
  readonly clock: Clock
  readonly log: Logger
  readonly limits?: Partial<Limits>
}

/** The longest answer is the outcome of a message, after 10 s. */
const LIMITS: Limits = { headMs: 10_000, requestMs: 20_000, silenceMs: 30_000, checkEveryMs: 2000 }
const LARGEST_HEAD_BYTES = 16 * 1024
/** Each may have one body of 1 MiB in memory. */
const MOST_CONNECTIONS = 64
/** What is under way at a stop is answered by then, or not at all: it was acknowledged to nobody. */
const LAST_ANSWERS_MS = 2000

/** @throws ConfigError when nothing can listen there */
export async function startIntakeServer(options: IntakeServerOptions): Promise<IntakeServer> {
  const { clock, log } = options
  const stopping = new AbortController()
  const underWay = new Set<Promise<void>>()
  /** Of each connection, the request that is answered now: the next one's body is not read before. */
  const last = new WeakMap<object, Promise<void>>()

  function handle(request: Request, response: Response): void {
    const refusal = refusalOf(askingOf(request), options.hosts())
    if (refusal !== null) {
      void send(request, response, refusalAnswer(refusal))
      return
    }
    const before = last.get(request.socket) ?? Promise.resolve()
    const done = before
      .then(() => serve(request, response, { intake: options.intake, stopping: stopping.signal }))
      .catch((error: unknown) => {
        log.error('a request failed', { error: errorCode(error), at: errorPlace(error) })
        response.destroy()
      })
      .finally(() => underWay.delete(done))
    last.set(request.socket, done)
    underWay.add(done)
  }

  const server = createHttpServer({
    limits: { ...LIMITS, ...options.limits },
    largestHeadBytes: LARGEST_HEAD_BYTES,
    mostConnections: MOST_CONNECTIONS,
    handle,
    refuse: rawError,
  })
  const port = await listenOn(server, options.port).catch((error: unknown) => {
    throw canNotListen(options.port, error)
  })
  // A listener that fails later, for want of file descriptors for example, goes on with the connections it has.
  server.on('error', error => log.error('the listener failed', { error: errorCode(error) }))
  return { port, close: () => close(server, { clock, stopping, underWay }) }
}

async function serve(
  request: Request,
  response: Response,
  { intake, stopping }: { intake: Intake; stopping: AbortSignal },
): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort(new DOMException('Whoever asked has gone', 'AbortError')))
  const begun = intake.begin({
    path: (request.url ?? '').split('?', 1)[0] ?? '',
    headers: headersOf(request),
    remoteAddress: request.socket.remoteAddress ?? '',
    signal: AbortSignal.any([gone.signal, stopping]),
  })
  if (typeof begun !== 'function') return send(request, response, begun)
  if (/^100-continue$/i.test(request.headers.expect ?? '')) response.writeContinue()
  const body = await readBody(request, LARGEST_BODY_BYTES)
  if (body !== null) await send(request, response, await begun(body))
}

function headersOf({ headers }: Request): Record<string, string | undefined> {
  // Only Set-Cookie comes as a list, and nobody here bakes.
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => typeof value === 'string')) as Record<
    string,
    string
  >
}

/** Resolves when it has left, or nobody is there any more. */
function send(request: Request, response: Response, { status, headers, body }: Answer): Promise<void> {
  if (response.destroyed) return Promise.resolve()
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, {
    ...COMMON_HEADERS,
    ...headers,
    'Content-Type': 'application/json',
    'Content-Length': bytes.length,
    // The rest of a body that nobody wants is not read.
    ...(request.complete ? {} : { Connection: 'close' }),
  })
  response.end(bytes)
  return new Promise(resolve => response.on('close', resolve))
}

const COMMON_HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }

const ALLOWED = { Allow: 'POST' }

const REFUSALS: Readonly<Record<Refusal['error'], Bilingual>> = {
  bad_target: { en: 'The target is no path.', zh: '请求目标不是路径。' },
  wrong_host: {
    en: 'This name is not known here. Behind a proxy, put its address into listener.publicUrls.',
    zh: '未知的主机名。若经过代理，请将其地址加入 listener.publicUrls。',
  },
  cross_site: { en: 'Browsers must not ask here.', zh: '不接受来自浏览器的请求。' },
  method_not_allowed: { en: 'Only POST is taken.', zh: '仅接受 POST。' },
}

function refusalAnswer({ status, error }: Refusal): Answer {
  return failure(status, error, REFUSALS[error], status === 405 ? { headers: ALLOWED } : {})
}

/** For what did not become a request. */
function rawError(status: number, error: string): RawAnswer {
  const { body } = failure(status, error, {
    en: 'This is no request that can be answered.',
    zh: '这不是可处理的请求。',
  })
  return { headers: { ...COMMON_HEADERS, ...(status === 405 ? ALLOWED : {}) }, body: JSON.stringify(body) }
}

function canNotListen(port: number, cause: unknown): ConfigError {
  const reason = errorCode(cause)
  const isTaken = reason === 'EADDRINUSE'
  return new ConfigError(
    {
      en: `Nothing can be taken in on ${HOST}:${port} (${isTaken ? 'another program has the port' : reason}).`,
      zh: `无法在 ${HOST}:${port} 接收请求（${isTaken ? '端口已被其他程序占用' : reason}）。`,
    },
    {
      cause,
      nextStep: {
        en: 'Put another port into config.json, under listener.port.',
        zh: '请在 config.json 的 listener.port 中换一个端口。',
      },
    },
  )
}

async function close(
  server: Server,
  { clock, stopping, underWay }: { clock: Clock; stopping: AbortController; underWay: ReadonlySet<Promise<void>> },
): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  stopping.abort(new DOMException('The daemon stops', 'AbortError'))
  const done = new AbortController()
  const late = clock.sleep(LAST_ANSWERS_MS, done.signal).catch(() => undefined)
  await Promise.race([Promise.all(underWay), late])
  done.abort()
  server.closeAllConnections()
  await closed
}
