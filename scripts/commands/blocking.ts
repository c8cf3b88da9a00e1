import { act } from './act.ts'
import { takeArguments, userId } from './arguments.ts'
import { type Command, DONE, speaker } from './command.ts'

export const block: Command = {
  usage: '<id>',
  about: {
    en: 'Blocks a friend: nobody of the two can write to the other, and what they sent and you have not received is deleted on the relay.',
    zh: '拉黑一位好友：双方都无法再发消息，对方已发而你尚未收到的消息会在中继上删除。',
  },
  examples: ['npm run -s im -- block 2'],
  async run(context) {
    const [text = ''] = takeArguments(context, 'block', [1])
    const id = userId(text, 'block')
    const result = await act(context, 'block', { id })
    const t = speaker(context)
    context.print(
      context.json
        ? JSON.stringify(result)
        : t(`#${id} is blocked. Undo: unblock ${id}`, `已拉黑 #${id}。撤销：unblock ${id}`),
    )
    return DONE
  },
}

export const unblock: Command = {
  usage: '<id>',
  about: {
    en: 'Takes a block back. The friendship is gone with it: the next message is a first contact again.',
    zh: '解除拉黑。好友关系也随之清除：下一条消息将重新作为首次联系。',
  },
  examples: ['npm run -s im -- unblock 2'],
  async run(context) {
    const [text = ''] = takeArguments(context, 'unblock', [1])
    const id = userId(text, 'unblock')
    const result = await act(context, 'unblock', { id })
    const t = speaker(context)
    context.print(
      context.json
        ? JSON.stringify(result)
        : t(`#${id} is no longer blocked, and no longer your friend.`, `已解除对 #${id} 的拉黑，双方不再是好友。`),
    )
    return DONE
  },
}
