/**
 * Fault `freezingFiles`, RC §5 (420): to a recipient with a stream open, `/send/file` answers `发送失败，请稍后重试` "after
 * 2 s, **although it was delivered**". RC §9: "the text is pushed as a chat, the sender sees a failure, no notice follows
 * and the friendship is **not** recorded"; "the same way a stranger can push any number of friend requests".
 */

import type { DeliverFile } from '../endpoints/send.ts'
import { Refusal } from '../replies.ts'
import { draft } from '../sending.ts'
import type { Standstill } from './standstill.ts'

const FREEZE_MS = 2000

export function freezingDelivery(standstill: Standstill, otherwise: DeliverFile): DeliverFile {
  return async (relay, sending) => {
    const { message } = draft(relay, sending.sender, sending.outgoing)
    if (!relay.hub.isOnline(message.toId)) return otherwise(relay, sending)
    relay.inbox.countAccepted()
    await standstill.freeze(FREEZE_MS)
    relay.hub.push(message)
    throw new Refusal(500, '发送失败，请稍后重试')
  }
}
