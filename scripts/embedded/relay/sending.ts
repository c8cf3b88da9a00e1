/** What happens to a message at the moment of sending: RC §7.1 and §9. */

import { blockText, friendshipNotice, previewText } from './block-text.ts'
import { mustExist } from './caller.ts'
import type { Message, User } from './messages.ts'
import type { Relation } from './relations-store.ts'
import type { Relay } from './relay.ts'
import { Refusal } from './replies.ts'

/** RC §4.3: "previews up to 5 messages of the sender's own stored inbox". */
const PREVIEW_LENGTH = 5

/** RC §10: "A notice says +1 s"; so a chat of the same second sorts before it. */
const NOTICE_DELAY_MS = 1000

export interface Outgoing {
  readonly toId: number
  readonly content: string
  readonly attachment: string | null
}

type Progress = 'requested' | 'accepted' | 'friends'

const endings: Record<Progress, string> = {
  requested: '（好友申请已发出，等待对方回复）',
  accepted: '（好友关系已建立）',
  friends: '',
}

function refuse(message: string): never {
  throw new Refusal(403, message)
}

/** RC §5, the cases of `/send`; friends_only and do_not_disturb "refuse friends as well" (RC §9). */
function checkReceptive(recipient: User, sender: User, relation: Relation | null): void {
  if (relation?.state === 'blocked') {
    refuse(relation.actorId === sender.id ? '你已拉黑该用户，请先解除拉黑' : '对方已将你拉黑')
  }
  if (recipient.status === 'do_not_disturb') refuse('该用户已开启免打扰，不接受任何消息')
  if (recipient.status === 'friends_only') refuse('该用户仅接受好友消息')
  if (relation?.state === 'pending' && relation.actorId === sender.id) {
    refuse('好友申请已发出，对方尚未回复。建立好友关系前仅允许发送一条消息。')
  }
}

/** Records what the message does to the relation. A first message and an answer that cross are one of each (RC §9). */
function advance(relay: Relay, sender: User, recipient: User, now: number): Progress {
  const relation = relay.relations.between(sender.id, recipient.id)
  checkReceptive(recipient, sender, relation)
  if (relation?.state === 'accepted') return 'friends'
  const state = relation === null ? 'pending' : 'accepted'
  const actorId = relation?.actorId ?? sender.id
  relay.relations.set(sender.id, recipient.id, { state, actorId, since: now })
  return relation === null ? 'requested' : 'accepted'
}

function notice(to: User, friend: User, now: number): Message {
  const content = friendshipNotice(friend, now)
  return { toId: to.id, kind: 'notice', from: null, content, attachment: null, at: now + NOTICE_DELAY_MS }
}

/** RC §7.1: stored without a stream, otherwise put into each stream's queue and not stored. */
function post(relay: Relay, messages: readonly Message[]): { publish(): void } {
  const pushed = messages.filter(({ toId }) => relay.hub.isOnline(toId))
  const stored = messages.filter(({ toId }) => !relay.hub.isOnline(toId))
  for (const message of messages) {
    relay.inbox.countAccepted()
    if (stored.includes(message)) relay.inbox.add(message)
  }
  return {
    publish() {
      for (const message of stored) {
        relay.observe({ kind: 'stored', userId: message.toId, payload: blockText(message) })
      }
      for (const message of pushed) relay.hub.push(message)
    },
  }
}

/** Sends and gives the reply of RC §4.3. `byFile`: through `POST /send/file`. */
export function send(
  relay: Relay,
  sender: User,
  { toId, content, attachment, byFile }: Outgoing & { byFile: boolean },
) {
  if (toId === sender.id) throw new Refusal(400, '不能给自己发消息')
  const recipient = mustExist(relay.users.byId(toId))
  const now = relay.clock.now()
  const { progress, publish } = relay.transaction(() => {
    const progress = advance(relay, sender, recipient, now)
    const message: Message = {
      toId: recipient.id,
      kind: progress === 'requested' ? 'request' : 'chat',
      from: sender,
      content,
      // RC §9: "An acceptance sent with `/send/file` to an offline user drops the attachment line (422, 221)."
      attachment: byFile && progress === 'accepted' && !relay.hub.isOnline(recipient.id) ? null : attachment,
      at: now,
    }
    const notices = progress === 'accepted' ? [notice(recipient, sender, now), notice(sender, recipient, now)] : []
    return { progress, ...post(relay, [message, ...notices]) }
  })
  // Only after the commit: what a stream carries can not be taken back.
  publish()
  const preview = relay.inbox.preview(sender.id, PREVIEW_LENGTH)
  return `发送成功${endings[progress]}${previewText(preview.messages.map(blockText), preview.total)}`
}
