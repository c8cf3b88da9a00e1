/**
 * The embedded relay: a small openwechat-claw server that answers as the contract describes the newest revision, minus
 * its faults. A household can run it; `npm run demo` and the tests do.
 */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '../../core/clock.ts'
import { ConfigError, errorCode } from '../../core/errors.ts'
import { blockText } from './block-text.ts'
import { openDatabase, transaction } from './database.ts'
import { answer } from './dispatch.ts'
import { guardedObserver, type RelayEvent } from './events.ts'
import { createInboxStore } from './inbox-store.ts'
import { createRateLimiter, currentRateLimit } from './rate-limit.ts'
import { createRelationsStore } from './relations-store.ts'
import type { Relay } from './relay.ts'
import { createStreamHub } from './stream-hub.ts'
import { createUsersStore } from './users-store.ts'

export type { RelayEvent } from './events.ts'

/** Far more than a household has, and little enough that a stranger who registers in a loop fills no disk: 0.5 GB of homepages. */
export const DEFAULT_MAX_USERS = 1000

/** RC §2: "Idle keep-alive connections are closed by the server after 5 s". */
const KEEP_ALIVE_MS = 5000

/** The largest upload at 85 KB/s; without a bound a client could hold a connection by sending a byte now and then. */
const LONGEST_REQUEST_MS = 120_000

export interface RelayOptions {
  host?: string
  /** 0 = any free port. */
  port?: number
  /** `:memory:` or a file, which survives restarts and which one relay at a time may use. */
  databasePath?: string
  clock?: Clock
  /** RC §2: "switchable by the operator". */
  rateLimit?: boolean
  maxUsers?: number
  observe?: (event: RelayEvent) => void
}

export interface EmbeddedRelay {
  readonly url: string
  readonly port: number
  readonly host: string
  close(): Promise<void>
  /** Ends the streams of one user, or all; what they had not yet taken is stored. */
  dropStreams(userId?: number): void
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(
        new ConfigError(
          {
            en: `The relay can not listen on ${host}:${port} (${errorCode(cause)}).`,
            zh: `中继无法监听 ${host}:${port}（${errorCode(cause)}）。`,
          },
          {
            cause,
            nextStep: {
              en: 'Choose another port or host, or stop what uses this one.',
              zh: '请换一个端口或地址，或停止占用它的程序。',
            },
          },
        ),
      )
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('a TCP server has an address'))
      else resolve(address)
    })
  })
}

function createRelay(options: RelayOptions): { relay: Relay; closeDatabase(): void } {
  const clock = options.clock ?? systemClock
  const observe = guardedObserver(options.observe)
  const sql = openDatabase(options.databasePath ?? ':memory:')
  const inbox = createInboxStore(sql)
  const hub = createStreamHub({
    clock,
    observe,
    putBack(message) {
      try {
        inbox.add(message)
        observe({ kind: 'stored', userId: message.toId, payload: blockText(message) })
      } catch (error) {
        observe({ kind: 'failed', where: 'putting a message back', error })
      }
    },
  })
  return {
    relay: {
      clock,
      observe,
      users: createUsersStore(sql),
      relations: createRelationsStore(sql),
      inbox,
      hub,
      maxUsers: options.maxUsers ?? DEFAULT_MAX_USERS,
      transaction: work => transaction(sql, work),
    },
    closeDatabase: () => sql.close(),
  }
}

export async function startRelay(options: RelayOptions = {}): Promise<EmbeddedRelay> {
  const { relay, closeDatabase } = createRelay(options)
  const limiter = options.rateLimit === false ? null : createRateLimiter(relay.clock, currentRateLimit)
  const running = new Set<Promise<void>>()
  // What does not parse as HTTP never gets here: Node answers 400, 408 or 431 and closes.
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: LONGEST_REQUEST_MS })
  server.on('request', (request, response) => {
    const job = answer(relay, { limiter, request, response }).finally(() => running.delete(job))
    running.add(job)
  })

  const host = options.host ?? '127.0.0.1'
  let address: AddressInfo
  try {
    address = await listen(server, options.port ?? 0, host)
  } catch (error) {
    closeDatabase()
    throw error
  }
  // A listener that fails later, for want of file descriptors for example, goes on with the connections it has.
  server.on('error', error => relay.observe({ kind: 'failed', where: 'the listener', error }))

  async function shutDown(): Promise<void> {
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    relay.hub.drop()
    server.closeAllConnections()
    // The last events are given back, and the last reservations released, while the database is still open.
    await closed
    await Promise.all(running)
    closeDatabase()
  }

  let closing: Promise<void> | undefined
  return {
    host,
    port: address.port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close() {
      closing ??= shutDown()
      return closing
    },
    dropStreams: userId => relay.hub.drop(userId),
  }
}
