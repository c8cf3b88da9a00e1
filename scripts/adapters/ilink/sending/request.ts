import type { SendOutcome } from '../../../core/adapter.ts'
import { utcSeconds } from '../../../core/clock.ts'
import type { Sent } from '../../../protocol/ilink/answers.ts'
import { clientId, textItem } from '../../../protocol/ilink/outgoing.ts'
import { checkToken } from '../check-token.ts'
import type { NotDone } from '../client.ts'
import { readPeerToken } from '../memos.ts'
import { factsOf, wordsOf } from './answers.ts'
import { parked, refused } from './outcomes.ts'
import type { Part } from './progress.ts'
import { budgetMemo, type Open } from './reach.ts'
import { AT_ONCE, type Try } from './try.ts'

/** Without a reason (IL §13): many are meant by it, and each try may make it worse. */
const NO_REASON = -2
/** The first, and the one retry. */
export const MOST_REFUSALS = 2

/** Makes the request of one part, and reads what came of it. null: that part is over, and the next one can be sent. */
export async function requestPart(part: Part, reach: Open, one: Try): Promise<SendOutcome | null> {
  const { client, ctx, progress } = one
  /** An earlier one like it may have come through. */
  const wasOpen = part.state === 'sending'
  if (part.body === null) {
    part.body = newBody(part, reach, one)
    part.messageKey = reach.messageKey
  }
  part.state = 'sending'
  await one.begin()
  await one.save(budgetMemo(ctx, reach, 1))
  const answer = await client.sendMessage(part.body, ctx.signal)
  ctx.log.info('a message was handed over', factsOf(answer))
  switch (answer.kind) {
    case 'ok':
      return accepted(answer)
    case 'transport':
      return notAnswered(answer)
    case 'login_needed':
      return loginNeeded()
    case 'refused':
      if (answer.code === NO_REASON) return refusedFor(`ret_${NO_REASON}`)
      if (wasOpen) return giveUp()
      part.state = 'waiting'
      return refused(progress, wordsOf(answer))
  }

  async function accepted({ messageId }: Sent): Promise<null> {
    Object.assign(part, { state: 'accepted', messageId })
    progress.failures = 0
    await one.save()
    ctx.status({ last_accepted_utc: utcSeconds(ctx.clock.now()) })
    return null
  }

  async function notAnswered({ reason, neverSent }: Extract<NotDone, { kind: 'transport' }>): Promise<SendOutcome> {
    // It stays open, for the next process to repeat.
    if (ctx.signal.aborted) return AT_ONCE
    if (neverSent !== true) return one.again(reason)
    if (!wasOpen) part.state = 'waiting'
    return one.again(reason, budgetMemo(ctx, reach, -1))
  }

  /** The bot's token is dead, or only that of the conversation (IL §13, `-14`): which of the two another call tells. */
  async function loginNeeded(): Promise<SendOutcome | null> {
    const { credentials, options } = one
    if (!wasOpen) part.state = 'waiting'
    await one.save()
    const check = await checkToken({
      ...ctx,
      facts: options.facts,
      credentials: { ...credentials, userId: reach.user },
    })
    if (check === 'valid') return refusedFor('token_stale')
    return check === 'unclear' ? one.again('login_unclear') : one.withoutLogin()
  }

  async function refusedFor(reason: string): Promise<SendOutcome | null> {
    if (wasOpen) return giveUp()
    part.state = 'waiting'
    part.refusals = [...part.refusals, reason]
    progress.failures = 0
    await one.save()
    if (part.refusals.length >= MOST_REFUSALS) return parked(progress, 'peer', reason)
    const afterMs = one.options.settings().retryMs * (0.7 + 0.6 * ctx.clock.random())
    return { kind: 'later', afterMs: Math.round(afterMs), reason }
  }

  /** The one before it may be on the phone, whatever they say of this one. */
  async function giveUp(): Promise<null> {
    part.state = 'unknown'
    progress.failures = 0
    await one.save()
    return null
  }
}

function newBody({ saying, item }: Part, reach: Open, { client, ctx, user, credentials }: Try): string {
  const { clock, memo } = ctx
  return client.bodyOf({
    to: reach.user,
    clientId: clientId(clock.now(), clock.random()),
    item: saying.kind === 'text' ? textItem(saying.text) : item,
    state: saying.kind === 'text' ? saying.state : 'finish',
    contextToken: readPeerToken(memo, { user, botToken: credentials.token })?.token ?? null,
  })
}
