import { hash } from 'node:crypto'
import type { Memo } from '../../core/adapter.ts'
import { userKey } from '../../protocol/ilink/account.ts'
import { objectOf, parseJson } from '../../protocol/webhook/json-text.ts'

/** What an account has to know after a restart, as it is kept in the store. None of it is ever shown or logged. */

const CURSOR = 'cursor'

/** How far the messages of this bot were read; '' where nothing is known: of another token it means nothing (IL §5). */
export function readCursor(memo: Memo, token: string): string {
  const kept = objectOf(parseJson(memo.get(CURSOR) ?? ''))
  return kept?.['of'] === nameOf(token) ? textOf(kept['cursor']) : ''
}

export function cursorMemo(token: string, cursor: string): Readonly<Record<string, string>> {
  return { [CURSOR]: JSON.stringify({ of: nameOf(token), cursor }) }
}

function nameOf(token: string): string {
  return hash('sha256', token).slice(0, 32)
}

/** What is needed to answer somebody (IL §6, "`context_token` rules"). */
export interface PeerToken {
  /** As it goes onto the wire: with its capitals. */
  readonly user: string
  readonly token: string
  /** When they wrote, milliseconds since the epoch: so long ago the budget of answers began. */
  readonly wroteAt: number
  /** Of the message that brought it: each one begins the budget anew (IL §13). */
  readonly messageKey: string
}

/**
 * null: they have not written yet, or only to an earlier bot, whose tokens are of no use any more (IL §6).
 *
 * @param botToken of the present one
 */
export function readPeerToken(
  memo: Pick<Memo, 'get'>,
  { user, botToken }: { user: string; botToken: string },
): PeerToken | null {
  const kept = objectOf(parseJson(memo.get(tokenKey(user)) ?? ''))
  const wroteAt = kept?.['wroteAt']
  if (kept?.['of'] !== nameOf(botToken) || typeof wroteAt !== 'number') return null
  return { user: textOf(kept['user']), token: textOf(kept['token']), wroteAt, messageKey: textOf(kept['messageKey']) }
}

/** @param before digests of the tokens that came at the same moment, as `tokensOfMoment` gives them */
export function tokenMemo(
  botToken: string,
  peer: PeerToken,
  before: readonly string[] = [],
): Readonly<Record<string, string>> {
  const moment = [...before, nameOf(peer.token)].slice(-MOST_OF_A_MOMENT)
  return { [tokenKey(peer.user)]: JSON.stringify({ of: nameOf(botToken), ...peer, moment }) }
}

/** An album comes in one moment, and each picture has a token. */
const MOST_OF_A_MOMENT = 100

/** Digests of all tokens that came with what they wrote at the time of the newest. */
export function tokensOfMoment(memo: Pick<Memo, 'get'>, { user }: { user: string }): readonly string[] {
  const moment = objectOf(parseJson(memo.get(tokenKey(user)) ?? ''))?.['moment']
  return Array.isArray(moment) ? moment.map(textOf) : []
}

export function isAmong(digests: readonly string[], token: string): boolean {
  return digests.includes(nameOf(token))
}

function tokenKey(user: string): string {
  return `token:${userKey(user)}`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
