import { messagesWith } from '../store/reading.ts'
import { takeArguments, wrongUsage } from './arguments.ts'
import { type Command, DONE } from './command.ts'
import { printPage } from './page.ts'
import { LIMIT_HELP, limitOption, numberOption, openMessages, PEER_HELP, peerOption } from './reading.ts'

export const history: Command = {
  usage: '--peer WHO',
  about: {
    en: 'What was said with one peer, in both directions: the latest of it, oldest first. Needs neither network nor daemon.',
    zh: '与某人的往来消息（双向）：显示最近的部分，从旧到新。无需网络，也无需守护进程。',
  },
  examples: ['npm run -s im -- history --peer 2', 'npm run -s im -- history --peer 2 --limit 5 --before 41 --json'],
  options: { peer: { type: 'string' }, limit: { type: 'string' }, before: { type: 'string' } },
  optionHelp: {
    peer: PEER_HELP,
    limit: LIMIT_HELP,
    before: { en: 'SEQ  what was said before this message', zh: 'SEQ  只看该消息之前的内容' },
  },
  async run(context) {
    takeArguments(context, 'history', [0])
    const limit = limitOption(context)
    const before = numberOption(context, 'before') ?? Number.MAX_SAFE_INTEGER
    const database = openMessages(context)
    try {
      const peer = peerOption(context, database)
      if (peer === undefined)
        throw wrongUsage('history', { en: 'With whom? --peer WHO', zh: '要查看与谁的往来？--peer 对方' })
      const found = database === null ? [] : messagesWith(database, { peer, before, limit: limit + 1 })
      printPage(context, {
        database,
        messages: found.slice(0, limit),
        more: found.length > limit,
        reversed: true,
        next: last => ['history', '--peer', peer, '--limit', String(limit), '--before', String(last)],
      })
      return DONE
    } finally {
      database?.close()
    }
  },
}
