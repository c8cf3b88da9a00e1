import type { Server } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import { errorCode, errorPlace } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { lookAtDataFile, SHOWN_FILES } from '../../store/data-file-reader.ts'
import type { DataFolder } from '../../store/data-folder.ts'
import { askingOf, type Refusal } from '../http/asking.ts'
import { HOST } from '../http/listen.ts'
import { createHttpServer, type Limits, type Request, type Response } from '../http/server.ts'
import { ALLOWED, rawError, sendError, setSecurityHeaders } from './answer.ts'
import { sendDataFile } from './data-file.ts'
import { refusalOf } from './guard.ts'
import { createLive, type Live } from './live.ts'
import { createPageFiles, type PageFiles } from './page-files.ts'
import { listenAt } from './port.ts'

/** The page and what it shows, for browsers on this machine. It reads, and nothing else. */
export interface PageServer {
  readonly url: string
  readonly port: number
  /** Ends every connection, live ones too. */
  close(): Promise<void>
}

export interface PageServerOptions {
  /** Where `index.html` lies. */
  readonly pageFolder: string
  readonly folder: DataFolder
  /** 0 = any free port. */
  readonly port: number
  readonly clock: Clock
  readonly log: Logger
  readonly limits?: Partial<Limits>
}

/** A live connection carries a comment twice as often as its silence would end it. */
const LIMITS: Limits = { headMs: 10_000, requestMs: 15_000, silenceMs: 30_000, checkEveryMs: 2000 }

/** A browser sends the cookies of every other program on this machine along: they share its name. */
const LARGEST_HEAD_BYTES = 32 * 1024
/** A browser opens six for all its windows together; several browsers, and whoever knocks in vain, fit. */
const MOST_CONNECTIONS = 512

const DATA_PREFIX = '/openwechat_im_client/'

/** @throws ConfigError when nothing can listen there */
export async function startPageServer(options: PageServerOptions): Promise<PageServer> {
  const { folder, clock, log } = options
  const live = createLive({ clock, look: name => lookAtDataFile(folder.file(name)) })
  const site: Site = { folder, live, page: createPageFiles(options.pageFolder) }
  let port = options.port

  function handle(request: Request, response: Response): void {
    setSecurityHeaders(response)
    const refusal = refusalOf(askingOf(request), port)
    if (refusal !== null) {
      sendRefusal(request, response, { refusal, port })
      return
    }
    serve(request, response, site).catch((error: unknown) => {
      log.error('a request failed', { error: errorCode(error), at: errorPlace(error) })
      if (response.headersSent) response.destroy()
      else sendError(request, response, { status: 500, error: 'failed' })
    })
  }

  const server = createHttpServer({
    limits: { ...LIMITS, ...options.limits },
    largestHeadBytes: LARGEST_HEAD_BYTES,
    mostConnections: MOST_CONNECTIONS,
    handle,
    refuse: rawError,
  })
  port = await listenAt(server, port)
  // A listener that fails later, for want of file descriptors for example, goes on with the connections it has.
  server.on('error', error => log.error('the listener failed', { error: errorCode(error) }))
  return { url: `http://${HOST}:${port}`, port, close: () => close(server, live) }
}

interface Site {
  readonly folder: DataFolder
  readonly live: Live
  readonly page: PageFiles
}

/** Names are compared as they came: what has to be decoded first is no name of ours. */
async function serve(request: Request, response: Response, { folder, live, page }: Site): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  const shown = SHOWN_FILES.find(name => path === `${DATA_PREFIX}${name}`)
  if (shown !== undefined) return sendDataFile(request, response, folder.file(shown))
  if (path === '/live') return listen(request, response, live)
  const isData = path.startsWith(DATA_PREFIX)
  if (!isData && page.send(request, response, path === '/' ? '/index.html' : path)) return
  sendError(request, response, { status: 404, error: 'not_found' })
}

function listen(request: Request, response: Response, live: Live): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  const lastEventId = request.headers['last-event-id']
  if (request.method === 'HEAD') response.end()
  else live.join(response, typeof lastEventId === 'string' ? lastEventId : undefined)
}

function sendRefusal(
  request: Request,
  response: Response,
  { refusal, port }: { refusal: Refusal; port: number },
): void {
  const url = `http://${HOST}:${port}`
  const texts: Partial<Record<Refusal['error'], string>> = {
    cross_site: [
      'This page is not opened by links of other pages. Click into the address bar and press Enter.',
      '本页面不能由其他网页的链接打开：请点击地址栏并按回车。',
    ].join('\n'),
    wrong_host: [
      `This page answers at ${url} only. Through a tunnel: give it the same port number at both ends.`,
      `本页面只在 ${url} 提供。通过隧道访问时，两端请使用相同端口号。`,
    ].join('\n'),
  }
  sendError(request, response, {
    ...refusal,
    text: texts[refusal.error],
    ...(refusal.status === 405 ? { headers: { Allow: ALLOWED } } : {}),
  })
}

function close(server: Server, live: Live): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  live.close()
  server.closeAllConnections()
  return closed
}
