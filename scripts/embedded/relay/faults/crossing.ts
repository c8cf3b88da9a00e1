/**
 * Fault `doubleFirstContact`, RC §9: "Both write first at the same moment: one of the two sends is delivered twice, as
 * 好友申请 and as 聊天消息 with equal time and content (709; 27 of 40 tries)." The later of the two finds no relation,
 * pushes a request, can not commit it beside the other one, and is done once more as an answer. A request that was only
 * stored went with the transaction: there is no double in an inbox.
 */

import type { Message } from '../messages.ts'
import type { Draft } from '../sending.ts'
import type { StreamHub } from '../stream-hub.ts'

/** Two requests at once are that close: the time a send takes. */
const SAME_MOMENT_MS = 5

export function requestAhead(hub: Pick<StreamHub, 'isOnline'>): (draft: Draft) => readonly Message[] {
  return ({ progress, relation, message }) => {
    if (progress !== 'accepted' || relation === null) return []
    const isCrossing = Math.abs(message.at - relation.since) < SAME_MOMENT_MS
    return isCrossing && hub.isOnline(message.toId) ? [{ ...message, kind: 'request' }] : []
  }
}
