import { randomUUID } from 'node:crypto'
import { poke } from '../../adapters/wake/adapter.ts'
import { backoffMs } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import type { WakeConfig } from '../../core/config.ts'
import type { FetchLike } from '../../core/fetch.ts'
import type { Logger } from '../../core/logger.ts'
import type { PokeOutcome } from '../../protocol/wake/answer.ts'
import { isAlert, MOST_COUNTED, type Poke, type PokeReason, pokeText } from '../../protocol/wake/poke.ts'
import { AGENT } from '../../store/positions.ts'
import { logRequest } from '../../store/request-log.ts'
import { countUnread, WAKE } from '../../store/wake.ts'
import type { Writer } from '../../store/writer.ts'

/** Makes the pokes, tries them, and logs each try. */
export interface Attempts {
  /** @returns after the commit; what `onOutcome` writes is in the same one */
  run(asked: AskedPoke, onOutcome: (attempt: Attempt) => void): Promise<void>
  /** The settings are others: what failed has not failed there. */
  forget(): void
}

export interface AskedPoke {
  readonly reason: PokeReason
  readonly config: WakeConfig
  /** Of the last poke that was made. */
  readonly lastNumber: number
}

export interface Attempt {
  readonly outcome: PokeOutcome
  readonly number: number
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Of this poke, and of those before it that failed. */
  readonly tries: number
}

export interface AttemptsOptions {
  readonly writer: Writer
  readonly clock: Clock
  readonly fetch: FetchLike
  readonly log: Logger
  readonly signal: AbortSignal
}

interface MadePoke extends Poke {
  readonly number: number
  readonly isAlert: boolean
}

export function createAttempts(options: AttemptsOptions): Attempts {
  const { writer, clock, log } = options
  let failures = 0
  let lastFailure: string | null = null
  /** Nobody knows whether it was taken: it is repeated as it was. */
  let open: MadePoke | null = null

  function make({ reason, config: { muted }, lastNumber }: AskedPoke): MadePoke {
    const alert = isAlert(reason)
    if (open?.isAlert === alert) return open
    const number = lastNumber + 1
    const unread = countUnread(writer.database, { reader: AGENT, muted }, MOST_COUNTED)
    return { number, isAlert: alert, eventId: `wake-${randomUUID()}`, text: pokeText(reason, { unread, number }) }
  }

  function tell(event: PokeReason, { kind, reason, httpStatus }: PokeOutcome): void {
    if (kind === 'taken') log.info('the agent was woken', { event, http_status: httpStatus, doubt: reason })
    else if (reason === lastFailure) log.debug('the agent was not woken, as before', { event, reason })
    else log.warn('the agent was not woken', { event, reason, http_status: httpStatus })
    lastFailure = kind === 'taken' ? null : reason
  }

  return {
    async run(asked, onOutcome) {
      const made = make(asked)
      const [at, began] = [clock.now(), clock.monotonic()]
      const outcome = await poke(asked.config, made, options)
      const durationMs = Math.round(clock.monotonic() - began)
      const isTaken = outcome.kind === 'taken'
      const tries = failures + 1
      failures = isTaken || outcome.kind === 'refused' ? 0 : tries
      open = outcome.mayHaveArrived ? made : null
      tell(asked.reason, outcome)
      onOutcome({ outcome, number: made.number, at, tries })
      await writer.write(database =>
        logRequest(database, {
          name: WAKE,
          direction: 'out',
          at: new Date(at).toISOString(),
          eventId: made.eventId,
          event: asked.reason,
          attempt: tries,
          httpStatus: outcome.httpStatus,
          ok: isTaken,
          durationMs,
          error: outcome.reason,
          bytes: outcome.bytes,
          test: false,
        }),
      )
    },
    forget() {
      failures = 0
      lastFailure = null
      open = null
    },
  }
}

/** How long to wait after an attempt that was not taken: the last column of OI §3.5, in one place. */

/** A change of the configuration ends this one at once. */
const REFUSED_MS = 15 * 60_000
const CONFLICT_MS = 1000
/** Where the gateway locks out and does not say for how long: its own window. */
const LOCKED_OUT_MS = 60_000
/** With what chance adds, five minutes. */
const LONGEST_BACKOFF_MS = 4 * 60_000
/** Nobody is away for longer because of one header. */
const LONGEST_ASKED_MS = 60 * 60_000

/** @param failures in a row, this one too */
export function waitAfter(outcome: PokeOutcome, failures: number, random: () => number): number {
  const asked = outcome.retryAfterMs === null ? null : Math.min(outcome.retryAfterMs, LONGEST_ASKED_MS)
  switch (outcome.kind) {
    case 'taken':
      return 0
    case 'refused':
      return REFUSED_MS
    case 'throttled':
      return asked ?? LOCKED_OUT_MS
    case 'conflict':
      return Math.max(asked ?? 0, failures <= 1 ? CONFLICT_MS : backoff(failures - 1, random))
    case 'unavailable':
      return Math.max(asked ?? 0, backoff(failures, random))
  }
}

/** 2, 4, 8 … seconds. */
function backoff(failures: number, random: () => number): number {
  return backoffMs(failures, { maxMs: LONGEST_BACKOFF_MS, random })
}
