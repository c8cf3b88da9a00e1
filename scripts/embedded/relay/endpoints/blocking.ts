/** `POST /block/{id}` and `POST /unblock/{id}`: RC §9. */

import { nameWithId } from '../block-text.ts'
import { caller, idInPath, mustExist } from '../caller.ts'
import { insist } from '../checks.ts'
import type { Call, Outcome, Relay } from '../relay.ts'
import { Refusal, text } from '../replies.ts'

export function block(relay: Relay, call: Call): Outcome {
  const { user, id } = insist({ user: caller(relay, call), id: idInPath(call) })
  if (id === user.id) throw new Refusal(400, '不能拉黑自己')
  const other = mustExist(relay.users.byId(id))
  relay.transaction(() => {
    if (relay.relations.between(user.id, other.id)?.state !== 'accepted') {
      throw new Refusal(400, '只能拉黑已建立好友关系的用户')
    }
    relay.relations.set(user.id, other.id, { state: 'blocked', actorId: user.id, since: relay.clock.now() })
    relay.inbox.dropFrom(user.id, other.id)
  })
  return text(`已拉黑 ${nameWithId(other)}，其在你收件箱中的消息已清除`)
}

export function unblock(relay: Relay, call: Call): Outcome {
  const { user, id } = insist({ user: caller(relay, call), id: idInPath(call) })
  const relation = relay.relations.between(user.id, id)
  const other = relay.users.byId(id)
  // "unblock (blocker only)": transcript 545.
  if (other === null || relation?.state !== 'blocked' || relation.actorId !== user.id) {
    throw new Refusal(404, '未找到对该用户的拉黑记录')
  }
  relay.relations.remove(user.id, other.id)
  return text(`已解除对 ${nameWithId(other)}的拉黑，双方好友关系已清除，可重新发消息建立联系`)
}
