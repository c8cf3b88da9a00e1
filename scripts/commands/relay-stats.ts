import { act } from './act.ts'
import { takeArguments } from './arguments.ts'
import { type Command, DONE, speaker } from './command.ts'

export const relayStats: Command = {
  usage: '',
  about: { en: 'How many people and messages the relay has.', zh: '中继上的用户数和消息数。' },
  examples: ['npm run -s im -- relay-stats', 'npm run -s im -- relay-stats --json'],
  async run(context) {
    takeArguments(context, 'relay-stats', [0])
    const t = speaker(context)
    const found = await act<{ users: number; friendships: number; messages: number }>(
      context,
      'relay-stats',
      {},
      { repeatable: true },
    )
    context.print(
      context.json
        ? JSON.stringify(found)
        : t(
            `${found.users} users, ${found.friendships} friendships, ${found.messages} messages.`,
            `用户 ${found.users}，好友关系 ${found.friendships}，消息 ${found.messages}。`,
          ),
    )
    return DONE
  },
}
