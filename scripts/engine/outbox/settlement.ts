import type { SendOutcome } from '../../core/adapter.ts'
import { type Address, addressKey } from '../../core/address.ts'
import type { Flags, Party } from '../../core/message.ts'
import { applyContactChange, contactWith } from '../../store/contacts.ts'
import { count } from '../../store/counters.ts'
import type { Database } from '../../store/database.ts'
import { rememberAlso } from '../../store/known-ids.ts'
import { insertMessage } from '../../store/messages.ts'
import {
  type OutboxDetail,
  type OutboxEntry,
  type OutboxState,
  readEntry,
  type SettledState,
  settleEntry,
} from '../../store/outbox.ts'
import { readStatus } from '../../store/status.ts'
import { readWechatAccount } from '../../store/wechat-accounts.ts'

/** What became of a message is one commit: the entry, the line that shows it, and what it says about the other side. */

export function isSettled(state: OutboxState): state is SettledState {
  return state !== 'queued' && state !== 'sending'
}

/** One after which nothing more is done. */
export type FinalOutcome = Exclude<SendOutcome, { kind: 'later' | 'parked' }>

export function settle(
  database: Database,
  entry: OutboxEntry,
  { outcome, ...settled }: { outcome: FinalOutcome } & Settled,
): void {
  const relationship = 'relationship' in outcome ? outcome.relationship : null
  if (relationship !== null) applyContactChange(database, entry.account, { address: entry.to, relationship })
  if (outcome.kind === 'accepted') count(database, 'sent')
  const seq = settleAs(database, entry, {
    state: outcome.kind,
    detail: {
      ...('text' in outcome ? { text: outcome.text } : {}),
      ...('reason' in outcome ? { reason: outcome.reason } : {}),
      ...(relationship === null ? {} : { relationship }),
      // Half of a message is never called nothing of it (IL "What users hit" 7).
      ...('parts' in outcome ? { parts: outcome.parts } : {}),
    },
    ...settled,
  })
  const ids = 'references' in outcome ? (outcome.references ?? []) : []
  rememberAlso(database, { source: entry.sink, account: entry.account, ids, seq, at: settled.now })
}

export interface Claimed {
  readonly id: string | null
  readonly name: string
}

export interface Settled {
  /** ISO time, UTC */
  readonly now: string
  /** Who the configuration says that we are. */
  readonly claimed: Claimed
}

export function settleAs(
  database: Database,
  entry: OutboxEntry,
  { state, detail, now, claimed }: { state: SettledState; detail: OutboxDetail } & Settled,
): number {
  const seq = insertMessage(database, {
    source: entry.sink,
    account: entry.account,
    via: 'send',
    receivedAt: now,
    parsed: {
      type: entry.file === null ? 'chat' : 'file',
      at: now,
      from: ourselves(database, entry.to, claimed),
      content: entry.content,
      flags: flagsOf(entry, state),
    },
    to: { address: entry.to, name: contactWith(database, entry.account, addressKey(entry.to))?.name ?? '' },
    payload: null,
    state: 'final',
    settleBy: 0,
    unresolved: false,
  })
  settleEntry(database, entry.id, { state, detail, seq, settledAt: now })
  return seq
}

/** It is not to be sent any more. Returns false when it is too late for that. */
export function withdraw(
  database: Database,
  id: number,
  { reason, ...settled }: { reason: string } & Settled,
): boolean {
  const entry = readEntry(database, id)
  if (entry?.state !== 'queued') return false
  // Where more than one request was needed, or more than one try, something of it may have arrived.
  const state = entry.journal === null ? 'not_sent' : 'unknown'
  settleAs(database, entry, { state, detail: { ...entry.detail, reason }, ...settled })
  return true
}

/** Nothing is said of the ordinary case. */
function flagsOf({ file }: OutboxEntry, state: SettledState): Flags {
  return {
    ...(file === null ? {} : { attachment: file.name }),
    ...(state === 'accepted' ? {} : { state }),
  }
}

/** Who of us wrote: on WeChat the bot; on the relay as it says, or before it has said anything as the configuration claims. */
function ourselves(database: Database, to: Address, claimed: Claimed): Party {
  if (to.scheme === 'wechat') {
    const user = readWechatAccount(database, to.account)?.botId ?? 'bot'
    return { address: { scheme: 'wechat', account: to.account, user }, name: '' }
  }
  const profile = readStatus(database, 'profile')
  const id = profile?.['id'] ?? readStatus(database, 'adapter:relay')?.['my_id'] ?? claimed.id
  return { address: { scheme: 'relay', id: Number(id ?? 0) }, name: String(profile?.['name'] ?? claimed.name) }
}
