/**
 * Fault `deadRegistrations`, RC §7.2: a stream that its client leaves at the wrong moment stays registered. The original
 * gets rid of it when its interpreter happens to collect garbage, "after some tens of requests"; here that is a number.
 */

import type { Clock } from '../../../core/clock.ts'
import type { Begin } from '../event-stream.ts'
import type { Observer } from '../events.ts'
import type { Leaving } from '../stream-policy.ts'

/** "Some tens of requests." */
export const DEFAULT_COLLECT_AFTER_REQUESTS = 40

/** "Hang-up within ~1 ms of `GET /stream`, before the response head": so long after registering it leaves. */
const HEAD_AFTER_MS = 1

/** An event counts as "being written" for so long; under hundreds a second that is one in some closes (15–29 %). */
const WRITING_MS = 1

export interface DeadRegistrations {
  /** Holds the head back while a hang-up leaves a dead registration. */
  readonly begin: Begin
  /** Whether the registration of this client outlives it; if so it is kept from here on. */
  keep(leaving: Leaving): boolean
  /** A request has come in: so many of them, and a registration is collected. */
  countRequest(): void
}

export interface DeadRegistrationsOptions {
  readonly clock: Clock
  readonly observe: Observer
  readonly collectAfterRequests?: number
}

export function createDeadRegistrations({
  clock,
  observe,
  collectAfterRequests = DEFAULT_COLLECT_AFTER_REQUESTS,
}: DeadRegistrationsOptions): DeadRegistrations {
  const dead = new Map<Leaving, { requestsLeft: number }>()
  return {
    begin: write => clock.after(HEAD_AFTER_MS, write),
    keep(leaving) {
      if (leaving.hasBegun && leaving.sinceEventMs >= WRITING_MS) return false
      dead.set(leaving, { requestsLeft: collectAfterRequests })
      observe({ kind: 'dead', userId: leaving.userId, connection: leaving.connection })
      return true
    },
    countRequest() {
      for (const [leaving, age] of dead) {
        age.requestsLeft -= 1
        if (age.requestsLeft >= 0) continue
        dead.delete(leaving)
        leaving.remove()
        observe({ kind: 'collected', userId: leaving.userId, connection: leaving.connection })
      }
    },
  }
}
