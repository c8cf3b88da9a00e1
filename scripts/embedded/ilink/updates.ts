/** `getupdates` (IL §5), and the notices before the first and after the last one (IL §4). */

import { jsonAnswer } from './answers.ts'
import { transaction } from './database.ts'
import type { BotCall, Reply, World } from './world.ts'

export function getUpdates(world: World, call: BotCall): Reply {
  const { bot, body, response } = call
  const cursor = body['get_updates_buf']
  if (typeof cursor !== 'string') call.violate('cursor-missing', 'get_updates_buf is a string, "" the first time')
  const given = typeof cursor === 'string' ? cursor : ''
  const position = given === '' ? 0 : transaction(world.sql, () => world.mail.position(bot.id, given))
  // "One cursor per bot account"; "reset the cursor when the token changes".
  if (position === null) call.violate('cursor-unknown', 'not one that this bot was given')
  return world.polls.hold({ botId: bot.id, cursor: given, position: position ?? 0, response })
}

export function notifyStart(world: World, { bot }: BotCall): Reply {
  world.bots.setOnline(bot.id, world.clock.now())
  return jsonAnswer({ ret: 0 })
}

export function notifyStop(world: World, { bot }: BotCall): Reply {
  world.bots.setOnline(bot.id, null)
  return jsonAnswer({ ret: 0 })
}
