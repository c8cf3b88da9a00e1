/**
 * Fault `lossyClose`, the first row of RC §7.2: a hang-up is noticed within 5 ms, "what sat in the socket or arrived in
 * those ms is lost". The other half, that nothing is given back, is `putsBack` of the stream policy.
 */

import type { Clock } from '../../../core/clock.ts'
import type { Leaving } from '../stream-policy.ts'

/** "< 5 ms", and 0.2–0.7 messages a close under a constant flood. */
const NOTICED_AFTER_MS = 2

export function leaveLate(clock: Clock): (leaving: Leaving) => void {
  return ({ remove }) => void clock.after(NOTICED_AFTER_MS, remove)
}
