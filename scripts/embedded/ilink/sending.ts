/** `sendmessage` (IL §6): refused, or accepted, which does not mean that the phone shows it. */

import { createHash } from 'node:crypto'
import { type Answer, jsonAnswer, refusal, textAnswer } from './answers.ts'
import type { BubbleKind, Hidden } from './bubbles.ts'
import { transaction } from './database.ts'
import { type Draft, readDraft } from './draft.ts'
import { mediaKindOf, type SeenMedia, seeMedia } from './outbound-media.ts'
import { refusalOfBudget, refusalOfMessage } from './send-checks.ts'
import type { SendAnswer } from './settings.ts'
import type { BotCall, Reply, World } from './world.ts'

export function sendMessage(world: World, call: BotCall): Reply {
  const draft = readDraft(call)
  if (draft === null) return refusal(-3, 'invalid arguments')
  return transaction(world.sql, () => {
    const refused = refusalOfMessage(world, call, draft)
    if (refused !== null) return refused
    const repeated = repetition(world, call, draft)
    if (repeated === null) {
      const exhausted = refusalOfBudget(world, call, draft)
      if (exhausted !== null) return exhausted
      if (draft.clientId !== '') world.bubbles.rememberClientId(call.bot.id, draft.clientId, digestOf(draft))
    }
    const hidden = repeated ?? hiding(world, call, draft)
    const messageId = accept(world, call, { draft, hidden })
    if (repeated === null) world.peers.sent(call.bot.id, draft.to)
    return accepted(world, call, messageId)
  })
}

function digestOf({ msg }: Draft): string {
  return createHash('sha256').update(JSON.stringify(msg)).digest('hex')
}

/** "Duplicate client_id (any age) and empty client_id: answer success but show nothing." What was refused did not use it. */
function repetition(world: World, call: BotCall, draft: Draft): Hidden | null {
  const { clientId, token } = draft
  if (clientId === '') call.violate('client-id-empty', 'client_id')
  const used = clientId === '' ? 'other' : world.bubbles.useOfClientId(call.bot.id, clientId, digestOf(draft))
  if (used === null) return null
  if (used === 'other' && clientId !== '') call.violate('client-id-reused', 'a new message has a new client_id')
  if (world.settings.duplicatePoisons && token !== null) world.peers.poison(token)
  return clientId === '' ? 'empty client_id' : 'repeated client_id'
}

function hiding({ settings, peers }: World, { bot }: BotCall, draft: Draft): Hidden | null {
  if (settings.blackHole) return 'black hole'
  if (draft.token !== null && peers.token(draft.token)?.isPoisoned === 1) return 'poisoned token'
  const isFirst = peers.find(bot.id, draft.to)?.sends === 0
  if (settings.needsStart && bot.onlineSince === null && !isFirst) return 'not started'
  return draft.items[0] !== undefined && mediaKindOf(draft.items[0]) === 'voice' ? 'voice bubble' : null
}

function kindOf({ items: [item], texts }: Draft): BubbleKind {
  if (item === undefined) return 'empty'
  if (texts.length > 0) return 'text'
  if (item['type'] === 11 || item['type'] === 12) return 'tool'
  return mediaKindOf(item) ?? 'unknown'
}

function accept(world: World, call: BotCall, { draft, hidden }: { draft: Draft; hidden: Hidden | null }): string {
  const { ids, bubbles, clock, settings } = world
  const [item] = draft.items
  const kind = kindOf(draft)
  const isMedia = item !== undefined && mediaKindOf(item) !== null
  const seen: SeenMedia = isMedia ? seeMedia(world, call, { item, to: draft.to }) : { media: null, problem: null }
  const messageId = String(ids.uint64('message'))
  const text = draft.texts.join('\n')
  const characters = [...text]
  const isCut = settings.cutTextAt !== null && characters.length > settings.cutTextAt
  bubbles.add({
    at: clock.now(),
    side: 'bot',
    botId: call.bot.id,
    userId: draft.to,
    messageId,
    kind,
    text: isCut ? characters.slice(0, settings.cutTextAt ?? undefined).join('') : text,
    media: seen.media,
    problem: seen.problem,
    hidden,
    isCut,
    clientId: draft.clientId,
    contextToken: draft.token,
    runId: draft.runId,
    messageState: draft.state,
    item: item === undefined ? null : JSON.stringify(item),
  })
  return messageId
}

const FORMS: readonly Exclude<SendAnswer, 'in turn'>[] = ['empty', 'object', 'ret', 'message_id']

/** "`{}` or an empty body on success; newer servers return ret, errmsg, message_id." */
function accepted({ settings }: World, { recorded }: BotCall, messageId: string): Answer {
  const form = settings.sendAnswer === 'in turn' ? FORMS[recorded.number % FORMS.length] : settings.sendAnswer
  switch (form) {
    case 'empty':
      return textAnswer(200, '')
    case 'object':
      return jsonAnswer({})
    case 'ret':
      return jsonAnswer({ ret: 0 })
    default:
      return jsonAnswer({ ret: 0, errmsg: '', message_id: BigInt(messageId) })
  }
}
