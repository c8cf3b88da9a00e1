import { submitAndTell } from '../send.ts'
import { wechatRecipient } from './recipient.ts'
import type { Subcommand } from './subcommand.ts'

/** `send` with the address put together; everything else is one and the same. */
export const send: Subcommand = {
  takes: [2],
  options: ['file', 'request-id'],
  run: (context, [to = '', words = '']) => submitAndTell(context, { to: wechatRecipient(to), words }),
}
