import type { AdapterContext } from '../../core/adapter.ts'
import { errorCode } from '../../core/errors.ts'
import type { Credentials } from '../../protocol/ilink/login.ts'
import { readUpdates } from '../../protocol/ilink/updates.ts'
import { allowedBy } from './allowed.ts'
import { payloadOf, writersIn } from './batch.ts'
import { createIlinkClient, type IlinkClient, type Polled } from './client.ts'
import type { Health } from './health.ts'
import { readCursor } from './memos.ts'
import type { IlinkOptions } from './options.ts'
import { createPollRule, type NextPoll, type PollEnd } from './poll-rule.ts'

/** What a server suggests that says nothing (IL §5). */
const USUAL_HOLD_MS = 35_000
/** A wait that ends with the hold loses what is flushed at that moment (IL "What users hit" 10). */
const PATIENCE_MS = 10_000
/** The notice that we go is worth no more: a stop has seconds (IL §16). */
const LAST_NOTICE_MS = 1000
/** An empty answer that comes faster was not held, and the next one would not be either. */
const SHORTEST_HOLD_MS = 100
const UNHELD_PAUSE_MS = 1000

export interface SessionParts {
  readonly options: IlinkOptions
  readonly credentials: Credentials
  readonly health: Health
  /** Files wait to be fetched. */
  readonly onFiles: () => void
}

/** Polls with one token until the signal aborts, which ends a held poll at once. Nothing but the store is waited for. */
export async function runSession(
  { options, credentials, health, onFiles }: SessionParts,
  ctx: AdapterContext,
): Promise<void> {
  const { signal, clock, log } = ctx
  const { token, baseUrl } = credentials
  const client = createIlinkClient({ token, baseUrl, facts: options.facts, fetch: ctx.fetch, clock })
  const rule = createPollRule({ random: () => clock.random(), probeMs: () => options.settings().probeMs })
  let holdMs = USUAL_HOLD_MS
  let isDead = false

  /** Stores what the answer brought, before anything else is asked. */
  async function take(polled: Polled): Promise<PollEnd> {
    if (polled.kind !== 'reply') return endOf(polled)
    const updates = readUpdates(polled.reply)
    const cursor = updates.kind === 'ok' && updates.cursor !== readCursor(ctx.memo, token) ? updates.cursor : null
    const account = { account: options.account, botToken: token, isAllowed: allowedBy(options, credentials) }
    const payload = payloadOf({ body: polled.reply.body, messages: updates.messages, cursor }, account, ctx)
    if (payload !== null) {
      await ctx.ingest(payload).catch(error => {
        // Only a fault of ours, or a stop while the disk refuses, leads here: the store waits for everything else.
        ctx.transition('MESSAGE_AT_RISK', { reason: 'not_stored', error: errorCode(error) })
        log.error('a message could not be stored', { error: errorCode(error) })
        throw error
      })
      if (payload.messages.length > 0) health.received()
      if (payload.messages.some(one => one.unresolved === true)) onFiles()
      const writers = writersIn(updates.messages, account)
      if (writers.length > 0) options.onWrote?.(writers)
    }
    if (updates.kind !== 'ok') return endOf(updates)
    if (updates.holdMs !== null) holdMs = updates.holdMs
    return { kind: 'answered' }
  }

  async function poll(): Promise<NextPoll> {
    const began = clock.monotonic()
    const cursor = readCursor(ctx.memo, token)
    const end = await take(await client.getUpdates(cursor, { timeoutMs: holdMs + PATIENCE_MS, signal }))
    const next = rule.after(end)
    if (end.kind !== 'answered') return next
    health.answered()
    const wasHeld = clock.monotonic() - began >= SHORTEST_HOLD_MS || readCursor(ctx.memo, token) !== cursor
    return wasHeld ? next : { ...next, waitMs: UNHELD_PAUSE_MS }
  }

  health.is('connecting')
  try {
    // Who is answered here is known there; that a poll is answered too takes as long as it is held.
    if (await start(client, ctx)) health.is('connected')
    while (!signal.aborted) {
      await roomOrAbort(ctx)
      const next = await poll()
      if (signal.aborted) return
      if (next.state !== null) health.is(next.state, next.reason)
      else if (next.reason !== null) log.info('a poll failed', { reason: next.reason })
      if (next.state !== null) isDead = next.state === 'login_needed'
      if (next.notify) await start(client, ctx)
      if (next.waitMs > 0) await clock.sleep(next.waitMs, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    // A token that is not valid any more says nothing, and one that was replaced is nobody's.
    if (!isDead && options.credentials().token === token) {
      const done = await client.notifyStop(LAST_NOTICE_MS)
      log.debug('said that we go', { answer: done.kind })
    }
  }
}

/** Best effort, and always sent (IL §4). */
async function start(client: IlinkClient, { signal, log }: AdapterContext): Promise<boolean> {
  const done = await client.notifyStart(signal)
  if (done.kind !== 'ok') log.info('the notice that we are there was not taken', { answer: done.kind })
  return done.kind === 'ok'
}

function endOf(failure: Exclude<Polled, { kind: 'reply' }>): PollEnd {
  switch (failure.kind) {
    case 'login_needed':
      return { kind: 'login_needed' }
    case 'refused':
      return { kind: 'failed', reason: `ret_${failure.code ?? 'unknown'}` }
    case 'transport':
      return failure.errorClass === 'timeout' ? { kind: 'timeout' } : { kind: 'failed', reason: failure.reason }
  }
}

/** Files that fall behind are waited for, as the server keeps what nobody has asked for. */
async function roomOrAbort(ctx: AdapterContext): Promise<void> {
  const room = ctx.room()
  if (room === undefined) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => resolve()
  ctx.signal.addEventListener('abort', done, { once: true })
  if (ctx.signal.aborted) done()
  await Promise.race([room, promise])
  ctx.signal.removeEventListener('abort', done)
}
