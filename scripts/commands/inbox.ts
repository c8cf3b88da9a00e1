import type { Database } from '../store/database.ts'
import { AGENT } from '../store/positions.ts'
import { countWaiting, newMessages } from '../store/reading.ts'
import { option, takeArguments, wrongUsage } from './arguments.ts'
import { type Command, type CommandContext, DONE, speaker } from './command.ts'
import { printPage } from './page.ts'
import { LIMIT_HELP, limitOption, numberOption, openMessages, PEER_HELP, peerOption } from './reading.ts'

export const inbox: Command = {
  usage: '',
  about: {
    en: 'What is new since the agent read last, oldest first. Needs neither network nor daemon.',
    zh: '自上次阅读以来的新消息，从旧到新。无需网络，也无需守护进程。',
  },
  examples: [
    'npm run -s im -- inbox',
    'npm run -s im -- inbox --json --limit 5',
    'npm run -s im -- inbox --ack --to 41',
    'npm run -s im -- inbox --peer 2 --since 10',
  ],
  options: {
    limit: { type: 'string' },
    since: { type: 'string' },
    peer: { type: 'string' },
    ack: { type: 'boolean' },
    to: { type: 'string' },
  },
  optionHelp: {
    limit: LIMIT_HELP,
    since: {
      en: 'SEQ  from behind this message on, read or not',
      zh: 'SEQ  从该消息之后开始，无论是否已读',
    },
    peer: PEER_HELP,
    ack: { en: 'afterwards everything shown is read', zh: '显示之后，将其标为已读' },
    to: {
      en: 'SEQ  with --ack: first everything up to this message is read, then what is behind it is shown',
      zh: 'SEQ  与 --ack 同用：先把该消息及之前的标为已读，再显示其后的消息',
    },
  },
  async run(context) {
    takeArguments(context, 'inbox', [0])
    const asked = readOptions(context)
    const database = openMessages(context)
    try {
      const peer = peerOption(context, database)
      if (asked.to !== undefined && database !== null) await moveTo(context, asked.to, peer)
      const shown = printNew(context, database, { ...asked, peer })
      const last = shown.at(-1)
      if (asked.ack && asked.to === undefined && last !== undefined) await moveTo(context, last, peer)
      return DONE
    } finally {
      database?.close()
    }
  },
}

interface Asked {
  readonly limit: number
  readonly since?: number | undefined
  readonly peer?: string | undefined
}

function readOptions(context: CommandContext): Asked & { ack: boolean; to: number | undefined } {
  const ack = context.values['ack'] === true
  const to = numberOption(context, 'to')
  if (to !== undefined && !ack) {
    throw wrongUsage('inbox', {
      en: `--to says how far --ack goes: inbox --ack --to ${to}`,
      zh: `--to 用于说明 --ack 到哪里为止：inbox --ack --to ${to}`,
    })
  }
  return { ack, to, limit: limitOption(context), since: numberOption(context, 'since') }
}

/** The same page for `inbox` and `wait`. Returns the numbers of the messages that it showed. */
export function printNew(
  context: CommandContext,
  database: Database | null,
  { limit, since, peer }: Asked,
): readonly number[] {
  const say = speaker(context)
  const found = database === null ? [] : newMessages(database, { reader: AGENT, since, peer }, limit + 1)
  const waiting = database === null ? 0 : countWaiting(database)
  const ofPeer = peer === undefined ? [] : ['--peer', peer]
  const atMost = option(context, 'limit') === undefined ? [] : ['--limit', String(limit)]
  return printPage(context, {
    database,
    messages: found.slice(0, limit),
    more: found.length > limit,
    next: last => ['inbox', ...ofPeer, ...atMost, '--since', String(last)],
    facts: waiting === 0 ? {} : { waiting },
    remarks:
      waiting === 0
        ? []
        : [
            say(
              `Waiting: ${waiting}, while somebody who wrote is being looked up (10 seconds at most).`,
              `还有 ${waiting} 条在等待核实发件人（最多 10 秒）。`,
            ),
          ],
  })
}

async function moveTo(context: CommandContext, upTo: number, peer: string | undefined): Promise<void> {
  // Not before it is needed: reading has to start fast.
  const { act } = await import('./act.ts')
  await act(context, 'acknowledge', { upTo, ...(peer === undefined ? {} : { peer }) }, { repeatable: true })
}
