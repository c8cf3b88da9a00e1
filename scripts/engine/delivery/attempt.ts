import { type Clock, utcSeconds } from '../../core/clock.ts'
import { errorCode, errorPlace } from '../../core/errors.ts'
import type { FetchLike } from '../../core/fetch.ts'
import type { Logger } from '../../core/logger.ts'
import type { PushOutcome, Sink } from '../../core/sink.ts'
import type { Delivery } from '../../store/deliveries.ts'
import type { RequestRecord } from '../../store/request-log.ts'

/** One request to a receiver, and what came of it. */
export interface Attempt {
  readonly outcome: PushOutcome
  readonly record: RequestRecord
  /** ms since the epoch */
  readonly triedAt: number
}

export interface AttemptContext {
  readonly clock: Clock
  readonly fetch: FetchLike
  readonly log: Logger
  readonly signal: AbortSignal
}

/** Never rejects: a fault of ours is tried again like a failure of theirs. */
export async function attemptPush(
  sink: Sink,
  { delivery, body }: { delivery: Delivery; body: Uint8Array<ArrayBuffer> },
  context: AttemptContext,
): Promise<Attempt> {
  const { clock, log } = context
  const startedAt = clock.monotonic()
  const triedAt = clock.now()
  const { eventId, event } = delivery
  const attempt = delivery.attempts + 1
  const outcome = await pushed(() => sink.push({ id: eventId, event, attempt, body }, context), sink.name, log)
  const record: RequestRecord = {
    name: sink.name,
    direction: 'out',
    at: utcSeconds(triedAt),
    eventId,
    event,
    attempt,
    httpStatus: outcome.httpStatus,
    ok: outcome.kind === 'delivered',
    durationMs: Math.round(clock.monotonic() - startedAt),
    error: outcome.kind === 'delivered' ? null : outcome.reason,
    bytes: body.length,
    test: false,
  }
  log.debug('pushed', {
    sink: sink.name,
    eventId,
    direction: 'out',
    status: outcome.kind,
    httpStatus: record.httpStatus,
    attempt,
    durationMs: record.durationMs,
  })
  return { outcome, record, triedAt }
}

async function pushed(push: () => Promise<PushOutcome>, sink: string, log: Logger): Promise<PushOutcome> {
  try {
    return await push()
  } catch (error) {
    log.error('a push failed', { sink, error: errorCode(error), at: errorPlace(error) })
    return { kind: 'retry', reason: 'fault', httpStatus: null, retryAfterMs: null }
  }
}
