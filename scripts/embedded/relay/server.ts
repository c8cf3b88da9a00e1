/**
 * The embedded relay: a small openwechat-claw server that answers as the contract describes the newest revision, minus
 * its faults, unless they are asked for. A household can run it; `npm run demo` and the tests do.
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listenAt } from '../listen.ts'
import { type ComposeOptions, compose } from './compose.ts'

export type { RelayEvent } from './events.ts'

/** RC §2: "Idle keep-alive connections are closed by the server after 5 s". */
const KEEP_ALIVE_MS = 5000

/** The largest upload at 85 KB/s; without a bound a client could hold a connection by sending a byte now and then. */
const LONGEST_REQUEST_MS = 120_000

export interface RelayOptions extends ComposeOptions {
  host?: string
  /** 0 = any free port. */
  port?: number
}

export interface EmbeddedRelay {
  readonly url: string
  readonly port: number
  readonly host: string
  /** Resolves when nothing listens any more and the last connection has ended. */
  readonly ended: Promise<void>
  close(): Promise<void>
  /**
   * What SIGTERM does to it; resolves when the database is free for another relay. Without the fault `deafShutdown` it
   * closes; with it the streams stay, and `close` ends them.
   */
  terminate(): Promise<void>
  /** Ends the streams of one user, or all; what they had not yet taken is stored, unless a fault forbids it. */
  dropStreams(userId?: number): void
}

export async function startRelay(options: RelayOptions = {}): Promise<EmbeddedRelay> {
  const { relay, faults, serve, endStandstill, closeDatabase } = compose(options)
  const running = new Set<Promise<void>>()
  // What does not parse as HTTP never gets here: Node answers 400, 408 or 431 and closes.
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: LONGEST_REQUEST_MS })
  server.on('request', (request, response) => {
    const job = serve({ request, response }).finally(() => running.delete(job))
    running.add(job)
  })

  const host = options.host ?? '127.0.0.1'
  let address: AddressInfo
  try {
    address = await listenAt(server, { host, port: options.port ?? 0, who: { en: 'The relay', zh: '中继' } })
  } catch (error) {
    closeDatabase()
    throw error
  }
  // A listener that fails later, for want of file descriptors for example, goes on with the connections it has.
  server.on('error', error => relay.observe({ kind: 'failed', where: 'the listener', error }))
  const ended = new Promise<void>(resolve => server.once('close', () => resolve()))
  let isListening = true

  function stopListening(): void {
    if (isListening) server.close()
    isListening = false
  }

  async function shutDown(): Promise<void> {
    stopListening()
    endStandstill()
    relay.hub.drop()
    server.closeAllConnections()
    // The last events are given back, and the last reservations released, while the database is still open.
    await ended
    await Promise.all(running)
    closeDatabase()
  }

  /** Fault `deafShutdown`, RC §7.2: "the old process keeps the stream **and its pings** until it is killed". */
  async function goDeaf(): Promise<void> {
    stopListening()
    // A kept connection may bring one more request: there is nobody to answer it.
    server.removeAllListeners('request').on('request', ({ socket }) => void socket.destroy())
    await Promise.all(running)
    closeDatabase()
    server.closeIdleConnections()
  }

  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= shutDown()
    return closing
  }
  let deaf: Promise<void> | undefined
  return {
    host,
    port: address.port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    ended,
    close,
    terminate() {
      if (!faults.deafShutdown) return close()
      deaf ??= goDeaf()
      return deaf
    },
    dropStreams: userId => relay.hub.drop(userId),
  }
}
