import { z } from 'zod'
import type { FetchedInbox } from '../../adapters/relay/inbox.ts'
import { ConfigError } from '../../core/errors.ts'
import { readStatus } from '../../store/status.ts'
import type { Action, ActionContext } from './action.ts'

export interface FetchResult {
  readonly fetched: number
  /** null: the relay's inbox is empty now. */
  readonly stopped: FetchedInbox['stopped']
}

/** The manual look into the relay's inbox. While the stream is up that only adds requests: everything comes by itself. */
export const fetchInbox: Action<{ force: boolean }, FetchResult> = {
  name: 'messages',
  params: z.object({ force: z.boolean() }),
  async run({ force }, context) {
    const { adapter, context: ctx } = context.relay()
    if (!force && context.isDaemon && isConnected(context)) throw streamIsUp()
    const outcome = await adapter.fetchInbox(ctx)
    await context.projector.flush()
    return outcome
  },
}

function isConnected({ writer }: ActionContext): boolean {
  return readStatus(writer.database, 'adapter:relay')?.['state'] === 'connected'
}

function streamIsUp(): ConfigError {
  return new ConfigError(
    {
      en: 'The daemon is connected: messages are pushed, and nothing needs to be fetched.',
      zh: '守护进程已连接：消息会实时推送，无需手动读取。',
    },
    {
      nextStep: {
        en: 'Read them with "inbox". To look all the same: messages --force',
        zh: '用 "inbox" 阅读。仍要读取：messages --force',
      },
    },
  )
}
