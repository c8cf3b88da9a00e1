import type { Adapter, AdapterContext, Outbound, SendOutcome } from '../../core/adapter.ts'
import type { IlinkOptions } from './options.ts'
import { type Reach, type ReachContext, reachOf } from './sending/reach.ts'
import { createSend } from './sending/send.ts'
import { runSource } from './source.ts'
import { createTyping, type Typing } from './typing/typing.ts'

export type { Reach } from './sending/reach.ts'
export type { Typing, TypingOutcome } from './typing/typing.ts'

/** Personal WeChat by iLink: a source by its long poll, a sink by `sendmessage`. */
export interface IlinkAdapter extends Adapter {
  run(ctx: AdapterContext): Promise<void>
  send(message: Outbound, ctx: AdapterContext): Promise<SendOutcome>
  /** What could be sent to them now. */
  reach(user: string, ctx: ReachContext): Reach
  /** Shows them that we write. */
  readonly typing: Typing
}

export function createIlinkAdapter(options: IlinkOptions): IlinkAdapter {
  const typing = createTyping(options)
  return {
    name: `wechat:${options.account}`,
    async run(ctx) {
      try {
        await runSource(options, ctx)
      } finally {
        if (ctx.signal.aborted) await typing.settled()
      }
    },
    send: createSend(options, typing),
    reach: (user, ctx) => reachOf(options, user, ctx),
    typing,
  }
}
