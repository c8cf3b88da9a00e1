import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { createTransport } from '../../../scripts/adapters/transport.ts'
import { poke } from '../../../scripts/adapters/wake/adapter.ts'
import { type Clock, systemClock } from '../../../scripts/core/clock.ts'
import type { WakeConfig } from '../../../scripts/core/config.ts'
import { createLogger } from '../../../scripts/core/logger.ts'
import type { PokeOutcome } from '../../../scripts/protocol/wake/answer.ts'
import { listen } from '../../support/listen.ts'

/** A stand-in for the hooks of OpenClaw: a real server that answers as the test says. */
export interface Gateway {
  readonly port: number
  readonly config: WakeConfig
  /** What came, in order. */
  readonly requests: readonly Received[]
  /** One poke, over real connections. */
  poke(how?: HowToPoke): Promise<PokeOutcome>
}

export interface Received {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface HowToPoke {
  readonly config?: Partial<WakeConfig>
  readonly text?: string
  readonly eventId?: string
  readonly clock?: Clock
  readonly signal?: AbortSignal
}

export const HOOK_WORD = 'example-hook-token-of-32-characters'

export async function startGateway(t: TestContext, answer: (response: ServerResponse) => void): Promise<Gateway> {
  const requests: Received[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts).toString()
    requests.push({ method: request.method, path: request.url, headers: request.headers, body })
    answer(response)
  })
  const port = await listen(t, server)
  const config = configFor(`http://127.0.0.1:${port}/hooks`)
  return { port, config, requests, poke: how => pokeOnce(t, { ...how, config: { ...config, ...how?.config } }) }
}

export async function pokeOnce(
  t: TestContext,
  { config, text = 'poke 1', eventId = 'wake-1', clock = systemClock, signal }: HowToPoke,
): Promise<PokeOutcome> {
  const transport = createTransport({ http: '', https: '', except: '' })
  t.after(() => transport.close())
  return poke(
    { ...configFor('http://127.0.0.1:1/hooks'), ...config },
    { text, eventId },
    {
      clock,
      fetch: transport.fetch,
      signal: signal ?? new AbortController().signal,
      log: createLogger({ clock, level: 'silent', write: () => undefined }),
    },
  )
}

export function configFor(url: string): WakeConfig {
  return {
    url,
    token: HOOK_WORD,
    mode: 'wake',
    agentId: null,
    mapping: null,
    sessionKey: null,
    muted: [],
    quietHours: null,
  }
}

/** One answer, as OpenClaw would give it. */
export function says(status: number, body: unknown = '', headers: Record<string, string> = {}) {
  return (response: ServerResponse) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}
