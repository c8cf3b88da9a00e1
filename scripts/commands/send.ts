import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { isAbort, OutcomeUnknownError } from '../core/errors.ts'
import { type Bilingual, inLanguage } from '../core/i18n.ts'
import type { SendResult } from '../engine/actions/send.ts'
import { shownText } from '../protocol/untrusted-text.ts'
import { act } from './act.ts'
import { option, takeArguments } from './arguments.ts'
import { type Command, type CommandContext, DONE, FAILED, QUEUED, UNKNOWN } from './command.ts'
import { createUploadProgress } from './upload-progress.ts'

export const send: Command = {
  usage: '<to> <text|->',
  about: {
    en: 'Sends one message to somebody on the relay, once. "-" reads the text from stdin. Exit code: 0 accepted, 1 not sent or refused, 3 unknown (may have been delivered: never repeat it unasked), 4 queued.',
    zh: '向中继上的某人发送一条消息，只发一次。"-" 表示从标准输入读取文本。退出码：0 已接受，1 未发送或被拒绝，3 未知（可能已送达：不要擅自重发），4 排队中。',
  },
  examples: [
    'npm run -s im -- send 2 "Hello!"',
    'npm run -s im -- send "#2" "See the attachment" --file ./notes.txt',
    'echo "A longer text" | npm run -s im -- send 2 -',
    'npm run -s im -- send 2 "Only once, however often this is called" --request-id order-17 --json',
  ],
  options: { file: { type: 'string' }, 'request-id': { type: 'string' } },
  optionHelp: {
    file: {
      en: 'PATH  to friends only; the relay passes on no more than its name',
      zh: '路径  仅限好友；中继只转达文件名',
    },
    'request-id': {
      en: 'ID  repeating the same message under the same id sends it once',
      zh: '编号  用同一编号重复同一消息，只会发送一次',
    },
  },
  async run(context) {
    const [to = '', words = ''] = takeArguments(context, 'send', [2])
    const text = words === '-' ? (await context.readInput()).replace(/\r?\n$/, '') : words
    const file = option(context, 'file')
    const progress = createUploadProgress(context)
    const params = {
      to,
      text,
      // The daemon works somewhere else.
      ...(file === undefined ? {} : { file: resolve(file) }),
      // With an id of its own this command can ask again when the daemon ends in the middle: nothing is sent twice.
      requestId: option(context, 'request-id') ?? randomUUID(),
    }
    try {
      const result = await act<SendResult>(context, 'send', params, { repeatable: true, onProgress: progress.show })
      progress.end()
      tell(result, context)
      return { accepted: DONE, refused: FAILED, not_sent: FAILED, unknown: UNKNOWN, queued: QUEUED }[result.outcome]
    } catch (error) {
      if (!isAbort(error)) throw error
      throw interrupted()
    } finally {
      progress.end()
    }
  },
}

/** Whoever has it by now, the daemon or a request under way, goes on with it. */
function interrupted(): OutcomeUnknownError {
  return new OutcomeUnknownError(
    {
      en: 'Interrupted: the message may have been delivered, or be delivered yet.',
      zh: '已中断：消息可能已送达，也可能稍后送达。',
    },
    {
      nextStep: {
        en: 'conversations.md and "history --peer" will show what became of it.',
        zh: '结果会显示在 conversations.md 和 "history --peer" 中。',
      },
    },
  )
}

/** Code points. */
const LONGEST_WORDS = 300

function tell(sent: SendResult, context: CommandContext): void {
  // The relay's words, and with them anybody's.
  const result = {
    ...sent,
    relay_text: sent.relay_text === null ? null : shownText(sent.relay_text, LONGEST_WORDS).text,
  }
  if (context.json) {
    context.print(JSON.stringify({ ...result, note: inLanguage(sentence(result), context.language) }))
  } else if (result.outcome === 'accepted') {
    context.print(inLanguage(sentence(result), context.language))
  } else {
    context.note(inLanguage(sentence(result), context.language))
  }
}

function sentence(result: SendResult): Bilingual {
  const { outcome, to, reason } = result
  switch (outcome) {
    case 'accepted':
      return accepted(result)
    case 'refused':
      return { en: `Refused by the relay: ${result.relay_text}`, zh: `中继拒绝：${result.relay_text}` }
    case 'not_sent':
      return {
        en: `Not sent (${reason}): nothing reached the relay. Try again when "doctor" finds nothing wrong.`,
        zh: `未发送（${reason}）：没有任何内容到达中继。请在 "doctor" 检查正常后再试。`,
      }
    case 'unknown':
      return reason === 'likely_delivered' ? LIKELY_DELIVERED : unknown(to, reason)
    case 'queued':
      return {
        en: `Waits to be sent to ${to}: the relay asks for patience. The daemon sends it, or the next command if none runs; do not repeat it.`,
        zh: `正在排队等待发送给 ${to}：中继要求稍候。由守护进程发送（未运行时由下一条命令发送）；请勿重复。`,
      }
  }
}

function accepted({ to, relationship }: SendResult): Bilingual {
  if (relationship === 'pending_outgoing') {
    return {
      en: `Accepted by the relay as a friend request to ${to}. Nothing more can be sent to them before they answer.`,
      zh: `中继已接受，作为发给 ${to} 的好友申请。在对方回复之前无法再发送。`,
    }
  }
  return { en: `Accepted by the relay for ${to}.`, zh: `中继已接受，将转给 ${to}。` }
}

const LIKELY_DELIVERED: Bilingual = {
  en: 'The relay reported a failure, but relays do so for files to people who are online, and deliver them: most likely it arrived. Ask them before you repeat it.',
  zh: '中继报告失败，但向在线用户发送文件时中继常如此报告而实际已送达：很可能已到达。请先询问对方再决定是否重发。',
}

function unknown(to: string, reason: string | null): Bilingual {
  return {
    en: `Unknown (${reason}): the message to ${to} may have been delivered. It is not repeated by itself; ask them, or the owner, before you do.`,
    zh: `结果未知（${reason}）：发给 ${to} 的消息可能已送达。程序不会自动重发；请先询问对方或主人。`,
  }
}
