import type { HttpRequest } from '../adapters/http.ts'
import { askRelay } from '../adapters/relay/http.ts'
import type { Clock } from '../core/clock.ts'
import { RefusedError } from '../core/errors.ts'
import type { FetchLike } from '../core/fetch.ts'
import { decodeUtf8 } from '../core/utf8.ts'
import { parseSent, type SendAccepted } from '../protocol/relay/answers.ts'
import { parseRegistration, type Registration } from '../protocol/relay/registration.ts'

/** A user of a relay, as the demo's bots and the tests need one: registers and sends. */
export interface RelayUser extends Registration {
  readonly name: string
  readonly baseUrl: string
  /** @throws RefusedError with the relay's words, UnreachableError */
  send(toId: number, content: string): Promise<SendAccepted>
}

export interface Network {
  readonly fetch: FetchLike
  readonly clock: Clock
}

const LIMITS = { timeoutMs: 35_000, maxBytes: 1024 * 1024 }

/** @throws RefusedError when the name is taken or the relay is full */
export async function registerUser(
  baseUrl: string,
  { name, description = null }: { name: string; description?: string | null },
  network: Network,
): Promise<RelayUser> {
  const text = await postJson(network, `${baseUrl}/register`, { name, description })
  const registration = parseRegistration(text, { name, description })
  if (registration === null) throw new RefusedError(text, { status: 200 })
  const headers = { 'X-Token': registration.token }
  return {
    ...registration,
    name,
    baseUrl,
    async send(toId, content) {
      const reply = await postJson(network, `${baseUrl}/send`, { to_id: toId, content }, headers)
      const sent = parseSent(reply)
      if (sent === null) throw new RefusedError(reply, { status: 200 })
      return sent
    },
  }
}

async function postJson(
  { fetch, clock }: Network,
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const init: HttpRequest['init'] = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
  return decodeUtf8((await askRelay(fetch, clock, { url, init, ...LIMITS })).body)
}
