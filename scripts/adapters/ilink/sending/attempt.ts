import type { AdapterContext, Outbound, SendOutcome } from '../../../core/adapter.ts'
import type { IlinkOptions } from '../options.ts'
import { closed, finished, parked } from './outcomes.ts'
import type { Pace } from './pace.ts'
import { planOf } from './plan.ts'
import { adopt, isOver, newProgress, type Part, readProgress, renew } from './progress.ts'
import { reachOf } from './reach.ts'
import { MOST_REFUSALS, requestPart } from './request.ts'
import { AT_ONCE, createTry, type Try } from './try.ts'
import { uploadPart } from './uploads.ts'

export interface Attempt {
  readonly options: IlinkOptions
  readonly message: Outbound
  readonly user: string
  readonly ctx: AdapterContext
  readonly pace: Pace
  /** What is still to be done takes long enough that somebody would wonder. */
  readonly onLong: () => void
}

/** Goes on with a message where its journal ends. What must not be done twice is written there before it is done. */
export async function attempt({ pace, onLong, ...rest }: Attempt): Promise<SendOutcome> {
  const { options, message, user, ctx } = rest
  const credentials = options.credentials()
  let progress = readProgress(message.journal?.read() ?? null)
  if (progress === null) {
    const reach = reachOf(options, user, ctx)
    if (reach.kind !== 'open') return closed(null, reach)
    const sayings = planOf(message, { chunk: options.settings().chunk, remaining: reach.remaining })
    if (sayings.length === 0) return { kind: 'not_sent', reason: 'empty' }
    progress = newProgress(sayings, credentials.token)
  }
  adopt(progress, credentials.token)
  const left = progress.parts.filter(part => !isOver(part))
  if (left.length > 1 || left[0]?.saying.kind === 'file') onLong()
  const one = createTry({ ...rest, credentials, progress })
  for (const part of left) {
    const end = await deliver(part, { one, left, pace })
    if (end !== null) return end
  }
  return finished(progress)
}

/** null: it is over, and the next one can be sent. */
async function deliver(
  part: Part,
  { one, left, pace }: { one: Try; left: readonly Part[]; pace: Pace },
): Promise<SendOutcome | null> {
  const { ctx, options, progress, user } = one
  if (one.isReplaced()) return AT_ONCE
  const early = one.reach()
  if (early.kind !== 'open') return closed(progress, early)
  if (part.state === 'waiting' && part.messageKey !== null && part.messageKey !== early.messageKey) renew(part)
  // Not before they have written: a fresh token, a fresh budget (IL §13).
  if (part.refusals.length >= MOST_REFUSALS) return parked(progress, 'peer', part.refusals.at(-1) ?? '')
  // Whether a file can be had is known before its caption is on the phone.
  for (const file of left) {
    const failed = await uploadPart(file, early, one)
    if (failed !== null) return failed
  }
  await pace.wait(user, { ...ctx, gapMs: options.settings().gapMs })
  if (one.isReplaced()) return AT_ONCE
  const reach = one.reach()
  if (reach.kind !== 'open') return closed(progress, reach)
  const end = await requestPart(part, reach, one)
  pace.passed(user, ctx.clock)
  return end
}
