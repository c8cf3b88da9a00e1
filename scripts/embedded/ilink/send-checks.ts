/** What `sendmessage` refuses (duty G; IL §13). Contested numbers are settings. */

import { type Answer, refusal } from './answers.ts'
import { type Draft, GENERATING, VOICE_ITEM } from './draft.ts'
import type { Peer } from './peers.ts'
import type { BotCall, World } from './world.ts'

/** Before it is known whether the message came before: null for nothing to refuse. */
export function refusalOfMessage(world: World, call: BotCall, draft: Draft): Answer | null {
  const { settings, peers } = world
  const peer = peers.find(call.bot.id, draft.to)
  if (peer === null) {
    // "Recipient id altered (lower-cased, or with a `user:` prefix)."
    call.violate('recipient-unknown', 'to_user_id is spelled as it was received')
    return refusal(-3, 'invalid arguments')
  }
  if (draft.items.length > 1 && draft.items.some(item => item['type'] === VOICE_ITEM)) {
    return refusal(-3, 'invalid arguments')
  }
  if (draft.texts.some(text => Buffer.byteLength(text) > settings.largestTextBytes)) {
    call.violate('text-too-long', `more than ${settings.largestTextBytes} bytes`)
    return refusal(-2, 'prepare failed')
  }
  if (draft.state === GENERATING && draft.items.length === 0) {
    call.violate('generating-empty', 'GENERATING without an item')
    return refusal(-2, 'prepare failed')
  }
  return refusalOfToken(world, call, { draft, peer })
}

function refusalOfToken(world: World, call: BotCall, { draft, peer }: { draft: Draft; peer: Peer }): Answer | null {
  const { settings, peers, clock } = world
  // "No way to open a conversation: the user must write first."
  if (peer.lastWroteAt === null) return refusal(-2, 'prepare failed')
  if (draft.token === null) {
    if (settings.missingToken === 'accept') return null
    return settings.missingToken === '-2' ? refusal(-2, 'prepare failed') : refusal(-3, 'invalid arguments')
  }
  const token = peers.token(draft.token)
  if (token === null || token.botId !== call.bot.id || token.userId !== draft.to) {
    call.violate('token-foreign', 'not one that came with a message of this peer')
    return refusal(-2, 'prepare failed')
  }
  // "Validity ~24 h after the user's last message. Bot sends do not extend it."
  if (clock.now() - token.at <= settings.tokenLifeMs) return null
  return settings.staleToken === '-14' ? world.sessionTimeout() : refusal(-2, 'prepare failed')
}

/** "After every 10 bot messages the user must write again." */
export function refusalOfBudget({ settings, peers }: World, { bot }: BotCall, { to }: Draft): Answer | null {
  const sends = peers.find(bot.id, to)?.sends ?? 0
  return sends >= settings.budget ? refusal(-2, settings.budgetErrmsg) : null
}
