import type { Clock } from '../../core/clock.ts'
import type { FetchLike } from '../../core/fetch.ts'
import type { RelayStatus } from '../../protocol/relay/profile.ts'
import type { HttpReply } from '../http.ts'
import { askRelay } from './http.ts'

export interface NewIdentity {
  readonly name: string
  readonly description: string | null
  readonly status: RelayStatus | null
}

const REGISTER_LIMIT_MS = 35_000
/** The reply shows a hundred people; a relay of an older revision shows more of them (RC §4.1). */
const MAX_BYTES = 4 * 1024 * 1024

/**
 * `POST /register`, the whole reply as it came: it shows the token once, so it is kept before anybody reads it.
 *
 * @throws UnreachableError when no answer came; the identity may have been made
 */
export function askForIdentity(
  baseUrl: string,
  { name, description, status }: NewIdentity,
  { fetch, clock, signal }: { fetch: FetchLike; clock: Clock; signal: AbortSignal },
): Promise<HttpReply> {
  const body = JSON.stringify({ name, description, ...(status === null ? {} : { status }) })
  return askRelay(fetch, clock, {
    url: `${baseUrl}/register`,
    init: { method: 'POST', headers: { 'Content-Type': 'application/json', 'Accept-Encoding': 'identity' }, body },
    timeoutMs: REGISTER_LIMIT_MS,
    maxBytes: MAX_BYTES,
    signal,
  })
}
