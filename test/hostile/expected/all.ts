import type { Expectation } from '../../support/hostile/meeting.ts'
import { CONNECTIONS } from './connections.ts'
import { FRAMING } from './framing.ts'
import { LIES } from './lies.ts'
import { SIZES } from './sizes.ts'
import { STATUSES } from './statuses.ts'

/** What each path of the hostile server has to come to. */
export const EXPECTED: Readonly<Record<string, Expectation>> = {
  ...FRAMING,
  ...SIZES,
  ...STATUSES,
  ...CONNECTIONS,
  ...LIES,
}
