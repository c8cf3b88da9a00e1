import { ALICE, BOB, chat, friends, IMPOSTOR, inboxBody, profile } from '../blocks.ts'
import { head, reply, STREAM } from './exchange.ts'
import { SECRET_WORD } from './framing.ts'
import { event, LOG_EVENT } from './honest.ts'
import type { Behaviour } from './server.ts'

/** A relay that answers in perfect form, and wrong. */

const EQ = '═'.repeat(40)
const SEP = '─'.repeat(40)

export const LIES: Readonly<Record<string, Behaviour>> = {
  'another-user': {
    async stream(exchange) {
      await exchange.send(head('200 OK', STREAM))
      await exchange.chunk(LOG_EVENT.replace('user_id=9', 'user_id=99'))
      await exchange.chunk(event(chat(IMPOSTOR, SECRET_WORD)))
      await exchange.left
    },
    friends: reply(friends([ALICE, BOB]).replace('共 2', '共 3')),
    users: reply(profile({ id: 7, name: 'mallory', description: null })),
  },
  'inbox-without-end': { messages: reply(inboxBody([chat(BOB, SECRET_WORD)], 1_000_000)) },
  'inbox-of-another-kind': { messages: reply('收件箱里没有新的内容') },
  'inbox-of-cuts': {
    messages: reply(inboxBody([chat(BOB, manyCuts(2)), chat(BOB, manyCuts(3)), chat(BOB, SECRET_WORD)])),
  },
  'friends-without-end': {
    friends: reply(
      `共 100000 位好友\n${EQ}\n${Array.from({ length: 100_000 }, (_, i) => `（ID:${i + 10}）\n    简介：`).join('')}\n${EQ}`,
    ),
  },
  'profiles-without-end': {
    friends: reply(friends(Array.from({ length: 300 }, (_, i) => ({ id: i + 10, name: 'n', description: 'd' })))),
    users: exchange => {
      const id = Number(/\d+$/.exec(exchange.path)?.[0])
      return reply(profile({ id, name: 'n', description: 'd'.repeat(50_000) }))(exchange)
    },
  },
}

/** Text that looks like the beginning of the nth message of a reply, two thousand times. */
function manyCuts(n: number): string {
  return `\n${SEP}\n[${n}]\n${chat(BOB, '')}`.repeat(2000)
}
