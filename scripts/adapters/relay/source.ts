import type { AdapterContext, IncomingMessage, IncomingPayload, Ingested } from '../../core/adapter.ts'
import { errorCode, errorPlace } from '../../core/errors.ts'
import { parseStreamLog } from '../../protocol/relay/answers.ts'
import type { Cut } from '../../protocol/sse-guard.ts'
import { createParts, type RelayAccount } from './account.ts'
import { createChannel } from './channel.ts'
import { createInbox, type Inbox } from './inbox.ts'
import { createPeople } from './people.ts'
import { createResolver } from './resolver.ts'
import type { RelayOptions } from './settings.ts'
import { type Known, understand } from './understand.ts'

/** Bytes that may wait for their commit before the stream is read on. */
const MAX_WAITING = 4 * 1024 * 1024

/** A read in flight is heard out for this long at a stop (design §3); the relay has deleted what it would bring. */
const LAST_READ_MS = 35_000

/** Everything that the relay has for us, until the signal aborts. */
export async function runSource(options: RelayOptions, account: RelayAccount, outer: AdapterContext): Promise<void> {
  const own = new AbortController()
  const ctx: AdapterContext = { ...outer, signal: AbortSignal.any([outer.signal, own.signal]) }
  const { pacer } = account
  const { client, profiles, known } = createParts(options, account, ctx)
  const people = createPeople(ctx, { client, profiles })
  // Relays without a stream, and the first ones that had one, never say who we are.
  if (account.myId !== null) people.iAm(account.myId)
  const resolver = createResolver(ctx, { profiles, known })
  const stored = createStored(error => {
    // Only a fault of ours, or a stop while the disk refuses, leads here: the store waits for everything else.
    ctx.transition('MESSAGE_AT_RISK', { reason: 'not_stored', error: errorCode(error) })
    ctx.log.error('a message could not be stored', { error: errorCode(error), at: errorPlace(error) })
  })

  async function ingest(payload: IncomingPayload): Promise<Ingested> {
    const ingested = await ctx.ingest(payload)
    if (payload.messages.some(one => one.unresolved === true)) resolver.wake()
    if (payload.messages.some(changesFriends)) people.refresh()
    return ingested
  }

  const inbox = createInbox(
    { ...ctx, ingest },
    {
      client,
      pacer,
      settings: options.settings,
      known,
      onUnexpected: () => channel.deaf(),
      onReached: people.refresh,
    },
  )
  const channel = createChannel(options, ctx, {
    onMessage: (payload, cut) => stored.track(ingest(fromStream(payload, cut, known, ctx)), payload.length),
    onUp() {
      inbox.streamUp()
      people.refresh()
    },
    onDown: () => inbox.streamDown(),
    onDoubt: () => inbox.streamInDoubt(),
    onLog(text) {
      ctx.serverSaid(text)
      const { userId } = parseStreamLog(text)
      if (userId === null) return
      account.myId = userId
      people.iAm(userId)
      noteUser(ctx, userId, options.myId)
    },
    onRefused: () => inbox.streamRefused(),
    onCopy: () => ctx.copyDropped(),
    roomForMore: () => (stored.waiting > MAX_WAITING ? stored.all() : ctx.room()),
    reachable: () => client.isReachable(ctx.signal),
  })

  account.inbox = inbox
  const parts = [channel.run(), inbox.run(), resolver.run(), people.run()]
  try {
    await Promise.all(parts)
  } catch (error) {
    if (!ctx.signal.aborted) throw error
  } finally {
    own.abort()
    account.inbox = null
    await finish(parts, { ctx, inbox })
    await stored.all()
  }
}

/** Lets the read in flight come back, and the closing stream hand over what it still held. */
async function finish(parts: readonly Promise<void>[], { ctx, inbox }: { ctx: AdapterContext; inbox: Inbox }) {
  const done = new AbortController()
  const bound = ctx.clock.sleep(LAST_READ_MS, done.signal).then(
    () => 'late' as const,
    () => 'done' as const,
  )
  const outcome = await Promise.race([Promise.allSettled(parts), bound])
  done.abort()
  if (outcome === 'late' && inbox.reading) {
    ctx.transition('MESSAGE_AT_RISK', { reason: 'stopped_during_read', waited_sec: LAST_READ_MS / 1000 })
  }
  await new Promise<void>(resolve => ctx.clock.afterTurn(resolve))
}

function noteUser(ctx: AdapterContext, userId: number, claimed: string | null): void {
  const mismatch = claimed !== null && claimed !== String(userId)
  ctx.status({ my_id: userId, warning: mismatch ? 'my_id_differs_from_token' : null })
  if (mismatch) ctx.log.warn('the token belongs to another id than config.json says', { relay: userId, claimed })
}

function fromStream(text: string, cut: Cut | null, known: Known, ctx: AdapterContext): IncomingPayload {
  if (cut !== null) ctx.transition('MESSAGE_PARTIAL', { reason: cut, via: 'stream' })
  const message = understand(text, known, cut === null ? {} : { state: 'partial' })
  return { via: 'stream', body: Buffer.from(text), messages: [message] }
}

function changesFriends(message: IncomingMessage): boolean {
  return message.parsed.type === 'system' && message.contact?.relationship === 'accepted'
}

/** Commits that are still on their way. */
function createStored(onFailure: (error: unknown) => void): {
  track(work: Promise<unknown>, bytes: number): void
  all(): Promise<void>
  /** Bytes. */
  readonly waiting: number
} {
  const pending = new Set<Promise<void>>()
  let waiting = 0
  return {
    get waiting() {
      return waiting
    },
    track(work, bytes) {
      waiting += bytes
      const guarded = work.catch(onFailure).then(() => {
        waiting -= bytes
        pending.delete(guarded)
      })
      pending.add(guarded)
    },
    async all() {
      await Promise.all(pending)
    },
  }
}
