/** `getconfig` and `sendtyping` (IL §9). */

import { jsonAnswer, refusal } from './answers.ts'
import { type BotCall, type Reply, stringOf, type World } from './world.ts'

export function getConfig(world: World, call: BotCall): Reply {
  const { bot, body } = call
  const userId = stringOf(body, 'ilink_user_id')
  if (userId === '') {
    call.violate('ilink-user-id-missing', 'ilink_user_id')
    return refusal(-2, 'ilink_user_id required')
  }
  if (world.peers.find(bot.id, userId) === null) return unknownUser(call)
  // "The plugin demands ret exactly 0."
  return jsonAnswer({ ret: 0, typing_ticket: world.typing.issue(bot.id, userId, world.clock.now()) })
}

function unknownUser(call: BotCall): Reply {
  call.violate('recipient-unknown', 'ilink_user_id is spelled as it was received')
  return refusal(-3, 'invalid arguments')
}

const TYPING = 1
const CANCEL = 2

export function sendTyping(world: World, call: BotCall): Reply {
  const { bot, body } = call
  const { typing, settings } = world
  const userId = stringOf(body, 'ilink_user_id')
  const status = body['status']
  if (userId === '') {
    call.violate('ilink-user-id-missing', 'ilink_user_id')
    return refusal(-2, 'ilink_user_id required')
  }
  if (world.peers.find(bot.id, userId) === null) return unknownUser(call)
  if (status !== TYPING && status !== CANCEL) {
    call.violate('typing-status', '1 = typing, 2 = cancel')
    return refusal(-3, 'invalid arguments')
  }
  // "No context_token, no to_user_id."
  for (const name of ['context_token', 'to_user_id']) {
    if (body[name] !== undefined) call.violate('typing-field', name)
  }
  const now = world.clock.now()
  const issuedAt = typing.ticketAt(bot.id, userId, stringOf(body, 'typing_ticket'))
  if (issuedAt === null) call.violate('ticket-foreign', 'not one that getconfig gave for this user')
  if (issuedAt === null || now - issuedAt > settings.ticketLifeMs) return refusal(-1, 'invalid typing_ticket')

  const before = typing.facts(bot.id, userId)
  const goesOn = before?.isTyping === true && now - before.lastKeepAliveAt <= settings.typingSilenceMs
  const wasForgotten = before?.isTyping === true && !goesOn && status === TYPING
  typing.keep(bot.id, userId, {
    isTyping: status === TYPING,
    since: goesOn || (before !== null && status === CANCEL) ? before.since : now,
    lastKeepAliveAt: status === TYPING ? now : (before?.lastKeepAliveAt ?? now),
    keepAlives: (before?.keepAlives ?? 0) + (status === TYPING ? 1 : 0),
    cancels: (before?.cancels ?? 0) + (status === CANCEL ? 1 : 0),
    uncancelled: (before?.uncancelled ?? 0) + (wasForgotten ? 1 : 0),
  })
  return jsonAnswer({ ret: 0 })
}
