/** The stream policy of a relay with faults: what each of them changes in the kind one. */

import type { Clock } from '../../../core/clock.ts'
import type { Faults } from '../faults.ts'
import { kindStreams, type StreamPolicy } from '../stream-policy.ts'
import type { DeadRegistrations } from './dead-registrations.ts'
import { leaveLate } from './lossy-close.ts'

export interface StreamFaultsOptions {
  readonly clock: Clock
  /** null: the fault is off. */
  readonly dead: DeadRegistrations | null
}

export function faultyStreams(
  { lossyClose, unboundedQueues }: Faults,
  { clock, dead }: StreamFaultsOptions,
): StreamPolicy {
  const leave = lossyClose ? leaveLate(clock) : kindStreams.leave
  return {
    longestBacklogBytes: unboundedQueues ? Number.POSITIVE_INFINITY : kindStreams.longestBacklogBytes,
    putsBack: !lossyClose,
    registersTheGone: dead !== null,
    begin: dead?.begin ?? kindStreams.begin,
    leave(leaving) {
      if (dead?.keep(leaving) !== true) leave(leaving)
    },
  }
}
