import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { isAbort, OutcomeUnknownError } from '../core/errors.ts'
import { inLanguage } from '../core/i18n.ts'
import type { SendResult } from '../engine/actions/send.ts'
import { shownText } from '../protocol/untrusted-text.ts'
import { act } from './act.ts'
import { option, takeArguments } from './arguments.ts'
import { type Command, type CommandContext, DONE, FAILED, QUEUED, UNKNOWN } from './command.ts'
import { sendWords } from './send-words.ts'
import { createUploadProgress } from './upload-progress.ts'

export const send: Command = {
  usage: '<to> <text|->',
  about: {
    en: 'Sends one message to somebody on the relay, or on WeChat (wechat:main/me; see wechat --help), once. "-" reads the text from stdin. Exit code: 0 accepted, 1 not sent or refused, 3 unknown (may have been delivered: never repeat it unasked), 4 queued.',
    zh: '向中继上的某人或微信上的某人（wechat:main/me；参见 wechat --help）发送一条消息，只发一次。"-" 表示从标准输入读取文本。退出码：0 已接受，1 未发送或被拒绝，3 未知（可能已送达：不要擅自重发），4 排队中。',
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
      en: 'PATH  on the relay to friends only, and it passes on no more than its name',
      zh: '路径  在中继上仅限好友，且只转达文件名',
    },
    'request-id': {
      en: 'ID  repeating the same message under the same id sends it once',
      zh: '编号  用同一编号重复同一消息，只会发送一次',
    },
  },
  run(context) {
    const [to = '', words = ''] = takeArguments(context, 'send', [2])
    return submitAndTell(context, { to, words })
  },
}

/** @param words the text, or "-" for that on stdin */
export async function submitAndTell(
  context: CommandContext,
  { to, words }: { to: string; words: string },
): Promise<number> {
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
  // A server's words, and with them anybody's.
  const result = { ...sent, relay_text: shown(sent.relay_text), wechat_text: shown(sent.wechat_text) }
  if (context.json) {
    context.print(JSON.stringify({ ...result, note: inLanguage(sendWords(result), context.language) }))
  } else if (result.outcome === 'accepted') {
    context.print(inLanguage(sendWords(result), context.language))
  } else {
    context.note(inLanguage(sendWords(result), context.language))
  }
}

function shown(words: string | null): string | null {
  return words === null ? null : shownText(words, LONGEST_WORDS).text
}
