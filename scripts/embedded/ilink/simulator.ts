/**
 * The iLink simulator: the server and the phone of the personal-WeChat channel on loopback, built from the contract (IL)
 * and from nothing that a client of ours happens to send. `npm run demo -- --wechat` and the tests run it.
 */

import { createServer, type Server } from 'node:http'
import { type Clock, systemClock } from '../../core/clock.ts'
import { type ComposeOptions, compose } from './compose.ts'
import { answerControl } from './control-surface.ts'
import { type Controls, createControls } from './controls.ts'
import { serve } from './dispatch.ts'
import { listen, stopListening } from './listen.ts'
import { createPhone, type Phone } from './phone.ts'
import type { Origin } from './request-log.ts'

export type { Bot } from './bots.ts'
export type { Bubble, Hidden } from './bubbles.ts'
export type { Controls, RedeliverOptions } from './controls.ts'
export type { Fault, FaultHandle, FaultRule, RouteName } from './faults.ts'
export type { Content, WrittenMessage } from './inbound.ts'
export type { MediaContent } from './inbound-media.ts'
export type { Handout } from './mail.ts'
export { DEFAULT_USER, type Phone, type TypingState, type Where } from './phone.ts'
export type { ScanScript } from './qr-desk.ts'
export type { LoggedRequest, Violation } from './request-log.ts'
export type { Settings } from './settings.ts'
export type { Flag, Run, Transcript } from './transcript.ts'

export interface SimulatorOptions extends Omit<ComposeOptions, 'clock'> {
  readonly clock?: Clock
  /** 0: any free one. A restart on the same port finds its clients again. */
  readonly port?: number
  /** Of the second data centre. */
  readonly redirectPort?: number
  /** Phone and controls over HTTP, for another process; not there unless it is asked for. */
  readonly controlPort?: number
}

export interface IlinkSimulator {
  /** The API's base. */
  readonly url: string
  readonly cdnUrl: string
  /** Where `scaned_but_redirect` leads. */
  readonly redirectUrl: string
  readonly controlUrl: string | null
  readonly phone: Phone
  readonly controls: Controls
  /** Ends every connection; what a file holds goes on with the next one. */
  close(): Promise<void>
}

/** @throws ConfigError, StorageError */
export async function startIlinkSimulator(options: SimulatorOptions = {}): Promise<IlinkSimulator> {
  const composed = compose({ ...options, clock: options.clock ?? systemClock })
  const { world, urls } = composed
  const phone = createPhone(world)
  const controls = createControls(composed)
  const running = new Set<Promise<void>>()
  const servers: Server[] = []

  function open(origin: Origin): Server {
    const server = createServer()
    server.on('request', (request, response) => {
      const job: Promise<void> = serve(world, { origin, request, response }).finally(() => running.delete(job))
      running.add(job)
    })
    servers.push(server)
    return server
  }

  async function close(): Promise<void> {
    await Promise.all(servers.filter(({ listening }) => listening).map(stopListening))
    await Promise.all(running)
    world.sql.close()
  }

  let controlUrl: string | null = null
  try {
    // The main one comes last: whoever reaches it finds everything.
    urls.redirect = await listen(open('redirect'), options.redirectPort ?? 0)
    if (options.controlPort !== undefined) {
      const server = createServer((request, response) => void answerControl({ phone, controls }, request, response))
      servers.push(server)
      controlUrl = await listen(server, options.controlPort)
    }
    const main = open('main')
    urls.main = await listen(main, options.port ?? 0)
  } catch (error) {
    await close()
    throw error
  }

  let closing: Promise<void> | undefined
  return {
    url: urls.main,
    cdnUrl: `${urls.main}/c2c`,
    redirectUrl: urls.redirect,
    controlUrl,
    phone,
    controls,
    close() {
      closing ??= close()
      return closing
    },
  }
}
