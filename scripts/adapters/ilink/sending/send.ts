import type { AdapterContext, Outbound, SendOutcome } from '../../../core/adapter.ts'
import type { IlinkOptions } from '../options.ts'
import type { TypingHolds } from '../typing/typing.ts'
import { attempt } from './attempt.ts'
import { createPace } from './pace.ts'
import { AT_ONCE } from './try.ts'

/** Sends messages, one at a time to each person: their order is the business of whoever asks. */
export function createSend(
  options: IlinkOptions,
  typing: TypingHolds,
): (message: Outbound, ctx: AdapterContext) => Promise<SendOutcome> {
  const pace = createPace()
  return async (message, ctx) => {
    const { to } = message
    if (to.scheme !== 'wechat') throw new TypeError(`WeChat can not reach ${to.scheme}`)
    if (ctx.signal.aborted) return AT_ONCE
    const beside = typing.beside(to.user, ctx)
    try {
      return await attempt({ options, message, user: to.user, ctx, pace, onLong: beside.show })
    } catch (error) {
      if (ctx.signal.aborted) return AT_ONCE
      throw error
    } finally {
      beside.end()
    }
  }
}
