import type { AdapterContext } from '../../../core/adapter.ts'
import { userKey } from '../../../protocol/ilink/account.ts'
import { objectOf, parseJson } from '../../../protocol/webhook/json-text.ts'
import { allowedBy } from '../allowed.ts'
import { readPeerToken } from '../memos.ts'
import type { IlinkOptions } from '../options.ts'

/** What could be sent to somebody now. */
export type Reach =
  | Open
  | Closed
  /** There is no way to open a conversation: they must write first (IL §6). */
  | { readonly kind: 'never_wrote' }
  /** The allow-list does not name them. */
  | { readonly kind: 'not_allowed' }

interface Known {
  /** As WeChat spells them. */
  readonly user: string
  readonly of: number
  /** Milliseconds since the epoch. */
  readonly until: number
  /** Of the message that everything is an answer to: each one begins the budget anew. */
  readonly messageKey: string
}

export interface Open extends Known {
  readonly kind: 'open'
  /** So many requests more. */
  readonly remaining: number
}

export interface Closed extends Known {
  readonly kind: 'used_up' | 'too_old'
}

export type ReachContext = Pick<AdapterContext, 'memo' | 'clock'>

export function reachOf(options: IlinkOptions, user: string, ctx: ReachContext): Reach {
  const credentials = options.credentials()
  if (!allowedBy(options, credentials)(user)) return { kind: 'not_allowed' }
  const peer = readPeerToken(ctx.memo, { user, botToken: credentials.token })
  if (peer === null) return { kind: 'never_wrote' }
  const { sendsPerMessage: of, windowMs } = options.settings()
  const { messageKey, wroteAt } = peer
  const known: Known = { user: peer.user, of, until: wroteAt + windowMs, messageKey }
  const remaining = of - sentFor(ctx, known)
  if (ctx.clock.now() > known.until) return { kind: 'too_old', ...known }
  return remaining > 0 ? { kind: 'open', remaining, ...known } : { kind: 'used_up', ...known }
}

/**
 * One request more or, where nothing of it reached them, one less. Whether one that was refused counts there nobody says,
 * so here it does (IL "What users hit" 1).
 */
export function budgetMemo(
  ctx: ReachContext,
  known: Pick<Known, 'user' | 'messageKey'>,
  change: 1 | -1,
): Readonly<Record<string, string>> {
  const sent = Math.max(0, sentFor(ctx, known) + change)
  return { [budgetKey(known.user)]: JSON.stringify({ messageKey: known.messageKey, sent }) }
}

function sentFor({ memo }: ReachContext, { user, messageKey }: Pick<Known, 'user' | 'messageKey'>): number {
  const kept = objectOf(parseJson(memo.get(budgetKey(user)) ?? ''))
  return kept?.['messageKey'] === messageKey && typeof kept['sent'] === 'number' ? kept['sent'] : 0
}

function budgetKey(user: string): string {
  return `budget:${userKey(user)}`
}
