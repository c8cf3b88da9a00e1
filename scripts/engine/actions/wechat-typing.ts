import { z } from 'zod'
import { ConfigError, UsageError } from '../../core/errors.ts'
import { recipientIn } from '../outgoing.ts'
import { reachable } from '../wechat/reachable.ts'
import type { Action } from './action.ts'

export interface WechatTypingParams {
  /** `wechat:main/me` */
  readonly to: string
  readonly on: boolean
  readonly seconds?: number | undefined
}

export interface WechatTyping {
  readonly outcome: 'shown' | 'ended' | 'still_shown' | 'not_shown'
  /** Why it is not shown. */
  readonly reason: string | null
}

export const LONGEST_TYPING_S = 600

/** Shows somebody that an answer is being written. Only a process that stays can keep that up. */
export const wechatTyping: Action<WechatTypingParams, WechatTyping> = {
  name: 'wechat-typing',
  params: z.object({
    to: z.string().max(300),
    on: z.boolean(),
    seconds: z.number().int().min(1).max(LONGEST_TYPING_S).optional(),
  }),
  async run({ to, on, seconds }, { wechat, isDaemon }) {
    const recipient = recipientIn(to)
    if (recipient.kind !== 'wechat') throw nobody(to)
    const { account, user } = reachable(recipient.address, wechat)
    if (!isDaemon) throw NO_DAEMON
    const { adapter, context } = wechat.session(account)
    const options = seconds === undefined ? {} : { forMs: seconds * 1000 }
    const outcome = on ? await adapter.typing.start(user, context, options) : await adapter.typing.stop(user, context)
    return { outcome: outcome.kind, reason: outcome.kind === 'not_shown' ? outcome.reason : null }
  },
}

function nobody(to: string): UsageError {
  const shown = JSON.stringify(to.slice(0, 60))
  return new UsageError(
    {
      en: `${shown} is nobody on WeChat: write main/me or main/<id>.`,
      zh: `${shown} 不是微信上的人：请写成 main/me 或 main/<编号>。`,
    },
    { nextStep: { en: 'See: wechat --help', zh: '参见：wechat --help' } },
  )
}

const NO_DAEMON = new ConfigError(
  {
    en: 'The daemon does not run: nobody would keep it up.',
    zh: '守护进程未运行：无法持续显示。',
  },
  { nextStep: { en: 'Start it: npm run sse', zh: '启动：npm run sse' } },
)
