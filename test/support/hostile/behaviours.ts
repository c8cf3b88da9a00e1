import { CONNECTIONS } from './connections.ts'
import { FRAMING } from './framing.ts'
import { LIES } from './lies.ts'
import type { Behaviour } from './server.ts'
import { SIZES } from './sizes.ts'
import { STATUSES } from './statuses.ts'

/** One behaviour a path. Those that are looked at for long come first, so that nobody has to wait for them in the end. */
export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  ...LIES,
  ...CONNECTIONS,
  ...SIZES,
  ...FRAMING,
  ...STATUSES,
}
