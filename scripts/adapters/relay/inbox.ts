import type { AdapterContext } from '../../core/adapter.ts'
import { createBell, sleepOrBell } from '../../core/bell.ts'
import { utcSeconds } from '../../core/clock.ts'
import { errorCode, UnreachableError } from '../../core/errors.ts'
import { retryAfterMs } from '../../protocol/retry-after.ts'
import { neverSent } from '../http.ts'
import type { RelayClient } from './client.ts'
import type { Pacer } from './pacer.ts'
import { type InboxOutcome, readInboxReply } from './read-inbox.ts'
import type { RelaySettings } from './settings.ts'
import type { Known } from './understand.ts'

/**
 * Empties the stored inbox: after every open of the stream, again a little later, every few minutes, and in place of
 * the stream while that is down (design §3, RC §7.3.2). One read at a time, never aborted: the relay deletes what it
 * returns, so a reply that nobody hears out is lost.
 */
export interface Inbox {
  /** Runs until the signal aborts and the read in flight has come back. */
  run(): Promise<void>
  streamUp(): void
  streamDown(): void
  /** The stream is there but silent, and no second one can be had. */
  streamInDoubt(): void
  /** The stream's answer says that the token is not valid: no reads until it is accepted again. */
  streamRefused(): void
  readonly reading: boolean
  /** Somebody asks for a look now. Waits its turn: there is never more than one read. */
  fetchNow(): Promise<FetchedInbox>
  /** The same for whoever does not care what comes of it. */
  look(): void
}

export interface FetchedInbox {
  readonly fetched: number
  /** null: the inbox is empty now. Otherwise why there may be more. */
  readonly stopped: 'unauthorized' | 'throttled' | 'refused' | 'unreachable' | 'unclear' | null
}

export interface InboxOptions {
  readonly client: RelayClient
  readonly pacer: Pacer
  readonly settings: () => RelaySettings
  readonly known: Known
  /** A routine look found this many although the stream is up. */
  readonly onUnexpected: (fetched: number) => void
  /** The first answer while there is no stream: the relay knows us. */
  readonly onReached: () => void
}

/** A send that was under way at registration may still store its message (RC §7.3.2). */
const AFTER_OPEN_MS = 10_000
/** Fallback cadence (design §3); the last one repeats. */
const FALLBACK_MS = [2000, 4000, 8000, 16_000, 30_000] as const
/** Beside a silent stream (design §3): the relay stores only if it has noticed that the stream is dead. */
const DOUBT_MS = 30_000
/** A token that the inbox refused is tried again this often (design §3). */
const REFUSED_PROBE_MS = 5 * 60_000

/** A relay that only refuses, or whose answers are all torn, is left alone for this round. */
const MOST_MISSES = 3

type Reason = 'stream_open' | 'after_open' | 'sweep' | 'stream_down' | 'stream_silent' | 'asked'

export function createInbox(ctx: AdapterContext, options: InboxOptions): Inbox {
  const { clock, signal } = ctx
  const { client, pacer } = options
  const changed = createBell()
  let mode: 'waiting' | 'up' | 'doubt' | 'down' | 'refused' = 'waiting'
  let reading = false
  let reached = false
  let emptyPolls = 0
  let next: { reason: Reason; at: number } | null = null
  let work: Promise<unknown> = Promise.resolve()

  function plan(reason: Reason, inMs: number): void {
    next = { reason, at: clock.monotonic() + inMs }
  }

  function planAfter(reason: Reason, fetched: number): void {
    if (mode === 'refused') {
      plan('stream_down', REFUSED_PROBE_MS)
    } else if (mode === 'down') {
      emptyPolls = fetched > 0 ? 0 : emptyPolls + 1
      plan('stream_down', FALLBACK_MS[Math.min(emptyPolls, FALLBACK_MS.length - 1)] ?? 30_000)
    } else if (mode === 'doubt') {
      plan('stream_silent', DOUBT_MS)
    } else if (reason === 'stream_open') {
      plan('after_open', AFTER_OPEN_MS)
    } else {
      const minutes = options.settings().sweepMinutes
      if (minutes > 0) plan('sweep', minutes * 60_000)
      else next = null
    }
  }

  /** One after the other, whoever asks. */
  function drain(reason: Reason): Promise<FetchedInbox> {
    const drained = work.then(() => drainNow(reason))
    work = drained.catch(() => undefined)
    return drained
  }

  async function drainNow(reason: Reason): Promise<FetchedInbox> {
    const tally = { fetched: 0, misses: 0 }
    let stopped: FetchedInbox['stopped'] | undefined
    while (stopped === undefined && !signal.aborted) stopped = await readSome(tally)
    report(reason, tally.fetched)
    return { fetched: tally.fetched, stopped: stopped === undefined ? 'unreachable' : stopped }
  }

  /** @returns undefined when there is more to read, otherwise why there is not */
  async function readSome(tally: { fetched: number; misses: number }): Promise<FetchedInbox['stopped'] | undefined> {
    const outcome = await readOnce()
    if (outcome === null || outcome.kind === 'no_answer') return 'unreachable'
    if (outcome.kind === 'empty') return null
    // The pacer holds the next turn back; a relay that never stops refusing is left alone for this round.
    if (outcome.kind === 'throttled') return ++tally.misses > MOST_MISSES ? 'throttled' : undefined
    if (outcome.kind !== 'messages') return outcome.kind
    tally.fetched += outcome.count
    await ctx.ingest(outcome.payload)
    if (outcome.flaw !== null) ctx.transition('MESSAGE_PARTIAL', { reason: outcome.flaw, via: 'poll' })
    if (!outcome.more) return outcome.flaw === null ? null : 'unclear'
    return outcome.flaw !== null && ++tally.misses > MOST_MISSES ? 'unclear' : undefined
  }

  async function readOnce(): Promise<InboxOutcome | null> {
    try {
      reading = true
      const limit = pacer.slow ? options.settings().batchSize : 1
      const reply = await client.readInbox(limit, signal)
      const outcome = readInboxReply(reply, options.known)
      if (outcome.kind === 'throttled') pacer.throttled(retryAfterMs(reply.retryAfter, clock.now()))
      else pacer.passed()
      note(outcome)
      return outcome
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error
      // The relay deletes before it answers: a request that it may have seen may have cost a message (RC §7.2).
      if (!neverSent(error)) ctx.transition('MESSAGE_AT_RISK', { reason: error.reason, during: 'inbox_read' })
      ctx.log.warn('inbox not reachable', { reason: error.reason })
      return null
    } finally {
      reading = false
    }
  }

  function note(outcome: InboxOutcome): void {
    switch (outcome.kind) {
      case 'messages':
      case 'empty':
        if (mode === 'refused') mode = 'down'
        if (mode === 'down' && !reached) options.onReached()
        reached = true
        ctx.status({ last_sync_utc: utcSeconds(clock.now()) })
        break
      case 'unauthorized':
        mode = 'refused'
        ctx.transition('AUTH_REFUSED', { during: 'inbox_read', next_probe_sec: REFUSED_PROBE_MS / 1000 })
        ctx.status({ state: 'token_refused' })
        break
      case 'refused':
      case 'no_answer':
        ctx.log.warn('inbox gave no messages', { reason: outcome.kind === 'refused' ? 'refused' : outcome.reason })
        break
      case 'throttled':
        ctx.log.info('relay asks for fewer requests', { slow: pacer.slow })
    }
  }

  function report(reason: Reason, fetched: number): void {
    if (reason === 'stream_down' || reason === 'stream_silent')
      ctx.transition('FALLBACK_MESSAGES_POLL', { reason, fetched })
    else if (fetched > 0 || reason === 'stream_open') ctx.transition('INBOX_DRAINED', { reason, fetched })
    if (reason === 'sweep' && fetched > 0) options.onUnexpected(fetched)
  }

  return {
    get reading() {
      return reading
    },
    fetchNow: () => drain('asked'),
    look() {
      drain('asked').catch(error => ctx.log.error('the inbox was not read', { error: errorCode(error) }))
    },
    streamUp() {
      mode = 'up'
      plan('stream_open', 0)
      changed.ring()
    },
    streamDown() {
      if (mode === 'down' || mode === 'refused') return
      mode = 'down'
      emptyPolls = 0
      plan('stream_down', FALLBACK_MS[0])
      changed.ring()
    },
    streamInDoubt() {
      if (mode !== 'up') return
      mode = 'doubt'
      plan('stream_silent', 0)
      changed.ring()
    },
    streamRefused() {
      mode = 'refused'
      next = null
    },
    async run() {
      try {
        while (!signal.aborted) {
          const due = next
          const wait = due === null ? IDLE_MS : due.at - clock.monotonic()
          if (due === null || wait > 0) {
            await sleepOrBell(changed, wait, { clock, signal })
            continue
          }
          next = null
          const { fetched } = await drain(due.reason)
          // A stream that opened or fell meanwhile has made its own plan.
          if (next === null) planAfter(due.reason, fetched)
        }
      } finally {
        // A read that somebody asked for is heard out like any other.
        await work
      }
    },
  }
}

/** Nothing is planned: a ring ends the wait. */
const IDLE_MS = 60 * 60_000
