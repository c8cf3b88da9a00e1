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

/** What a message is, before anything is done about it. */
export interface Draft {
  readonly recipient: User
  /** Between the two before this message. */
  readonly relation: Relation | null
  readonly progress: Progress
  readonly message: Message
}

/** A first message and an answer that cross are one of each (RC §9). */
function progressOf(relation: Relation | null): Progress {
  if (relation === null) return 'requested'
  return relation.state === 'accepted' ? 'friends' : 'accepted'
}

/** @throws Refusal in the cases of RC §5 */
export function draft(relay: Relay, sender: User, { toId, content, attachment }: Outgoing): Draft {
  if (toId === sender.id) throw new Refusal(400, '不能给自己发消息')
  const recipient = mustExist(relay.users.byId(toId))
  const relation = relay.relations.between(sender.id, recipient.id)
  checkReceptive(recipient, sender, relation)
  const progress = progressOf(relation)
  const kind = progress === 'requested' ? 'request' : 'chat'
  const message: Message = { toId: recipient.id, kind, from: sender, content, attachment, at: relay.clock.now() }
  return { recipient, relation, progress, message }
}

/** Records what the message does to the relation. */
function advance(relay: Relay, sender: User, { recipient, relation, progress, message: { at } }: Draft): void {
  if (progress === 'friends') return
  const state = relation === null ? 'pending' : 'accepted'
  relay.relations.set(sender.id, recipient.id, { state, actorId: relation?.actorId ?? sender.id, since: at })
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

/** What may differ: older revisions show no preview, a fault pushes something else ahead of the message. */
export interface SendingRules {
  readonly previewLength: number
  readonly pushedAhead: (draft: Draft) => readonly Message[]
}

export const currentSending: SendingRules = { previewLength: PREVIEW_LENGTH, pushedAhead: () => [] }

export interface Sending {
  readonly sender: User
  readonly outgoing: Outgoing
  /** Through `POST /send/file`. */
  readonly byFile: boolean
}

/** Sends and gives the reply of RC §4.3. */
export function send(relay: Relay, { sender, outgoing, byFile }: Sending, rules: SendingRules): string {
  const { progress, ahead, publish } = relay.transaction(() => {
    const drafted = draft(relay, sender, outgoing)
    const { recipient, progress, message } = drafted
    advance(relay, sender, drafted)
    // RC §9: "An acceptance sent with `/send/file` to an offline user drops the attachment line (422, 221)."
    const dropsFile = byFile && progress === 'accepted' && !relay.hub.isOnline(recipient.id)
    const notices =
      progress === 'accepted' ? [notice(recipient, sender, message.at), notice(sender, recipient, message.at)] : []
    const posted = post(relay, [dropsFile ? { ...message, attachment: null } : message, ...notices])
    return { progress, ahead: rules.pushedAhead(drafted), ...posted }
  })
  // Only after the commit: what a stream carries can not be taken back.
  for (const message of ahead) relay.hub.push(message)
  publish()
  const preview = relay.inbox.preview(sender.id, rules.previewLength)
  return `发送成功${endings[progress]}${previewText(preview.messages.map(blockText), preview.total)}`
}
