import { addressKey } from '../../core/address.ts'
import { utcSeconds } from '../../core/clock.ts'
import { ConfigError, errorCode, errorPlace } from '../../core/errors.ts'
import { contactWith } from '../../store/contacts.ts'
import { interruptedEntries, markState, nextEntries, type OutboxEntry } from '../../store/outbox.ts'
import type { RelaySession } from '../relay-session.ts'
import { hearOut, MOST_AT_ONCE, type QueueParts, RETRY_MS, type SendQueue } from './queue.ts'
import { sendEntry } from './send-entry.ts'
import { type FinalOutcome, settle, settleAs } from './settlement.ts'

export const RELAY_SINK = 'relay'
const UNREGISTERED_MS = 30_000

/**
 * What we send to the relay is tried once (design §3). What the relay wants later is tried later; everything else is
 * settled by the first answer, or by the lack of one.
 *
 * @param relay throws ConfigError where nobody is registered
 */
export function createRelayQueue(parts: QueueParts, relay: () => RelaySession): SendQueue {
  const { writer, clock, log, announce } = parts
  const ending = new AbortController()
  const underWay = new Map<string, Promise<void>>()
  let stopped = false
  let cancelPause: (() => void) | undefined
  let throttledUntil = 0

  function pump(): void {
    if (stopped || cancelPause !== undefined) return
    try {
      for (const entry of nextEntries(writer.database, RELAY_SINK)) {
        const peer = addressKey(entry.to)
        if (underWay.size < MOST_AT_ONCE && !underWay.has(peer)) underWay.set(peer, attempt(entry, peer))
      }
    } catch (error) {
      failed(error)
    }
  }

  async function attempt(entry: OutboxEntry, peer: string): Promise<void> {
    await deliver(entry).catch(failed)
    underWay.delete(peer)
    pump()
  }

  /** A fault of ours, or a store that can not be read: what waits is looked at again. */
  function failed(error: unknown): void {
    if (error instanceof ConfigError) {
      // Nobody is registered now: what waits is for whoever is.
      pause(UNREGISTERED_MS)
      return
    }
    writer.suspect(error)
    log.error('messages can not be sent now', { error: errorCode(error), at: errorPlace(error) })
    pause(RETRY_MS)
  }

  function pause(ms: number): void {
    cancelPause?.()
    // What waits then is the next run's.
    if (stopped) return
    cancelPause = clock.after(ms, () => {
      cancelPause = undefined
      pump()
    })
  }

  async function deliver(entry: OutboxEntry): Promise<void> {
    const session = relay()
    if (session.account !== entry.account) {
      await end(entry, { kind: 'not_sent', reason: 'another_account' })
      return
    }
    await nameRecipient(entry, session)
    const outcome = await sendEntry(entry, session, {
      ...parts,
      signal: ending.signal,
      progress: parts.progress(entry.id),
    })
    if (outcome.kind === 'parked') throw new Error('A relay parks nothing')
    if (outcome.kind !== 'later') {
      await end(entry, outcome)
      return
    }
    throttledUntil = clock.monotonic() + outcome.afterMs
    pause(outcome.afterMs)
    await writer.write(database => markState(database, entry.id, 'queued'))
  }

  /** The line in conversations.md is to name them. That it can not is no reason not to send. */
  async function nameRecipient({ to }: OutboxEntry, { account, adapter, context }: RelaySession): Promise<void> {
    if (to.scheme !== 'relay' || contactWith(writer.database, account, addressKey(to)) !== null) return
    await adapter
      .requests({ ...context, signal: ending.signal })
      .user(to.id)
      .catch(error => log.info('a recipient has no name', { id: to.id, reason: errorCode(error) }))
  }

  async function end(entry: OutboxEntry, outcome: FinalOutcome): Promise<void> {
    await writer.write(database => settle(database, entry, { outcome, ...present() }))
    log.info('a message was sent', { entry: entry.id, outcome: outcome.kind })
    announce()
  }

  function present() {
    return { now: utcSeconds(clock.now()), claimed: parts.claimed() }
  }

  return {
    from: () => ({ sink: RELAY_SINK, account: relay().account }),
    async start() {
      await writer.write(database => {
        for (const entry of interruptedEntries(database, RELAY_SINK)) {
          settleAs(database, entry, { state: 'unknown', detail: { reason: 'interrupted' }, ...present() })
        }
      })
      announce()
      pump()
    },
    pump,
    isUnderWay: ({ to }) => underWay.has(addressKey(to)),
    throttledMs: () => Math.max(0, throttledUntil - clock.monotonic()),
    async stop() {
      stopped = true
      cancelPause?.()
      await hearOut(underWay.values(), { clock, ending })
    },
  }
}
