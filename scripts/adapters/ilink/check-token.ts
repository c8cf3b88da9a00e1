import type { Clock } from '../../core/clock.ts'
import type { FetchLike } from '../../core/fetch.ts'
import type { Credentials } from '../../protocol/ilink/login.ts'
import { createIlinkClient } from './client.ts'
import type { IlinkFacts } from './options.ts'

export type TokenCheck = 'valid' | 'login_needed' | 'unclear'

/**
 * Whether credentials that are here are of use, such as after `already_bound` (IL "What users hit" 13). Not by a poll: that
 * would take messages along that only the account's own loop may take.
 */
export async function checkToken({
  credentials: { token, baseUrl, userId },
  facts,
  fetch,
  clock,
  signal,
}: {
  credentials: Credentials
  facts: IlinkFacts
  fetch: FetchLike
  clock: Clock
  signal: AbortSignal
}): Promise<TokenCheck> {
  const client = createIlinkClient({ token, baseUrl, facts, fetch, clock })
  // Who is not known there is refused, which a token that is not known is not: -14 goes before everything.
  const answer = await client.getTypingTicket({ user: userId ?? '', contextToken: null }, signal)
  if (answer.kind === 'login_needed') return 'login_needed'
  return answer.kind === 'transport' && answer.reason !== 'unexpected_answer' ? 'unclear' : 'valid'
}
