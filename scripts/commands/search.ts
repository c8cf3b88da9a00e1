import { findMessages } from '../projections/search/search.ts'
import { openSearchLookup } from '../projections/search/search-file.ts'
import { shownText } from '../protocol/untrusted-text.ts'
import { wrongUsage } from './arguments.ts'
import { type Command, type CommandContext, DONE, speaker } from './command.ts'
import { printPage } from './page.ts'
import { LIMIT_HELP, limitOption, numberOption, openMessages, PEER_HELP, peerOption } from './reading.ts'

export const search: Command = {
  usage: '<text>',
  about: {
    en: 'Messages that hold a text, sent ones too, newest first. Needs neither network nor daemon.',
    zh: '查找含有某段文字的消息（包括自己发出的），从新到旧。无需网络，也无需守护进程。',
  },
  examples: [
    'npm run -s im -- search "会议室"',
    'npm run -s im -- search "flaky test" --peer 2 --json',
    'npm run -s im -- search ok --limit 5 --before 41',
  ],
  options: { peer: { type: 'string' }, limit: { type: 'string' }, before: { type: 'string' } },
  optionHelp: {
    peer: PEER_HELP,
    limit: LIMIT_HELP,
    before: { en: 'SEQ  only messages before this one', zh: 'SEQ  只看该消息之前的' },
  },
  async run(context) {
    const limit = limitOption(context)
    const before = numberOption(context, 'before') ?? Number.MAX_SAFE_INTEGER
    const text = context.positionals.join(' ')
    if (text.trim() === '') {
      throw wrongUsage('search', {
        en: 'What should be looked for? search "some words"',
        zh: '要查找什么？search "要找的文字"',
      })
    }
    const database = openMessages(context)
    const lookup = database === null ? null : openSearchLookup(context.folder().file('search.db'))
    try {
      const peer = peerOption(context, database)
      const { messages, lookedBackTo } =
        database === null
          ? { messages: [], lookedBackTo: null }
          : findMessages(database, lookup, { text, peer, before, limit: limit + 1 })
      // One more than asked for says that there are more; then the walk has ended for no other reason.
      const full = messages.length > limit
      const bound = full ? null : lookedBackTo
      printPage(context, {
        database,
        messages: messages.slice(0, limit),
        more: full || bound !== null,
        next: last => nextArguments(text, { peer, limit, last }),
        nextFrom: bound ?? undefined,
        facts: bound === null ? {} : { looked_back_to: bound },
        remarks: bound === null ? [] : [boundRemark(context, bound)],
      })
      return DONE
    } finally {
      lookup?.close()
      database?.close()
    }
  },
}

function boundRemark(context: CommandContext, bound: number): string {
  return speaker(context)(
    `Looked at everything back to seq=${bound}. Older messages: with the next command.`,
    `已查找到 seq=${bound} 为止。更早的消息请用下面的命令继续。`,
  )
}

/** Longer ones, and what can not be shown as it is, have to be typed again. */
const LONGEST_REPEATED = 200

function nextArguments(
  text: string,
  { peer, limit, last }: { peer: string | undefined; limit: number; last: number },
): readonly string[] {
  const { text: shown, truncated } = shownText(text, LONGEST_REPEATED)
  const repeated = shown === text && !truncated ? text : 'TEXT'
  return [
    'search',
    ...(peer === undefined ? [] : ['--peer', peer]),
    '--limit',
    String(limit),
    '--before',
    String(last),
    '--',
    repeated,
  ]
}
