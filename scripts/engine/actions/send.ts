import { basename } from 'node:path'
import { z } from 'zod'
import { addressKey } from '../../core/address.ts'
import { ConfigError, UsageError } from '../../core/errors.ts'
import type { Bilingual } from '../../core/i18n.ts'
import { keepBytes, readOwnersFile } from '../../store/kept-files.ts'
import type { OutboxEntry, OutboxFile, SettledState } from '../../store/outbox.ts'
import { LONGEST_REQUEST_ID, LONGEST_TEXT, type RelayAddress, recipientIn, textFault } from '../outgoing.ts'
import { isSettled } from '../settlement.ts'
import type { Action, ActionContext } from './action.ts'

export interface SendParams {
  /** As typed: `2`, `#2`, `relay:2` */
  readonly to: string
  readonly text: string
  /** Absolute path. */
  readonly file?: string | undefined
  readonly requestId?: string | undefined
}

/** What `send --json` prints; fields may be added, never renamed. */
export interface SendResult {
  readonly outcome: SettledState | 'queued'
  readonly request_id: string
  /** The message that shows it; null while it waits. */
  readonly seq: number | null
  readonly to: string
  /** What the two are to each other after it, as far as the answer told. */
  readonly relationship: string | null
  /** The relay's words, when it refused. */
  readonly relay_text: string | null
  readonly reason: string | null
}

/** RC §3 and §5. */
const LARGEST_FILE_BYTES = 10 * 1024 * 1024
const LONGEST_FILE_NAME_BYTES = 246

/** Longer than the longest answer of a relay that has not stopped for good: 35 s, or longer for a file. */
const WAIT_MS = 60_000
const WAIT_FOR_FILE_MS = 11 * 60_000

export const send: Action<SendParams, SendResult> = {
  name: 'send',
  params: z.object({
    to: z.string().max(300),
    text: z.string(),
    file: z.string().optional(),
    requestId: z.string().min(1).max(LONGEST_REQUEST_ID).optional(),
  }),
  async run({ to, text, file, requestId }, context) {
    const recipient = recipientOf(to)
    checkText(text, { withFile: file !== undefined })
    // Nobody is asked anything before it is known who asks.
    context.relay()
    const kept = file === undefined ? null : await keepFile(file, context)
    const message = { to: recipient, content: text, file: kept, requestId }
    const before = context.outbox.find(message)
    if (before === null && kept !== null) await requireFriend(recipient, context)
    const entry = before ?? (await context.outbox.submit(message))
    const settled = await context.outbox.outcomeOf(entry.id, {
      waitMs: kept === null ? WAIT_MS : WAIT_FOR_FILE_MS,
      signal: context.signal,
      progress: (done, total) => context.progress({ done, total }),
    })
    await context.projector.flush()
    return resultOf(settled)
  },
}

function resultOf({ state, requestId, seq, to, detail }: OutboxEntry): SendResult {
  return {
    outcome: isSettled(state) ? state : 'queued',
    request_id: requestId,
    seq,
    to: addressKey(to).replace(/^relay:/, '#'),
    relationship: detail.relationship ?? null,
    relay_text: detail.text ?? null,
    reason: detail.reason ?? null,
  }
}

function recipientOf(text: string): RelayAddress {
  const recipient = recipientIn(text)
  switch (recipient.kind) {
    case 'relay':
      return recipient.address
    case 'nobody':
      throw wrong({
        en: `${JSON.stringify(text.slice(0, 60))} is nobody's address: write 2, #2 or relay:2.`,
        zh: `${JSON.stringify(text.slice(0, 60))} 不是有效的地址：请写成 2、#2 或 relay:2。`,
      })
    case 'elsewhere':
      throw wrong({
        en: `There is no way to send to ${recipient.address.scheme} yet: only people on the relay can be written to.`,
        zh: `暂不支持发送到 ${recipient.address.scheme}：目前只能发给中继上的用户。`,
      })
  }
}

function checkText(text: string, { withFile }: { withFile: boolean }): void {
  const fault = textFault(text)
  switch (fault?.kind) {
    case 'empty':
      if (withFile) return
      throw wrong({ en: 'The message is empty.', zh: '消息为空。' })
    case 'half_character':
      throw wrong({ en: 'The message holds half a character.', zh: '消息中含有不完整的字符。' })
    case 'too_long':
      throw wrong({
        en: `The message has ${fault.length} characters; the relay takes ${LONGEST_TEXT} at most.`,
        zh: `消息有 ${fault.length} 个字符；中继最多接受 ${LONGEST_TEXT} 个。`,
      })
  }
}

function wrong(text: Bilingual): UsageError {
  return new UsageError(text, {
    nextStep: { en: 'Nothing was sent. See: send --help', zh: '未发送任何内容。参见：send --help' },
  })
}

async function keepFile(path: string, { folder }: ActionContext): Promise<OutboxFile> {
  const name = basename(path)
  if (Buffer.byteLength(name) > LONGEST_FILE_NAME_BYTES) {
    throw wrong({
      en: `The file's name is longer than the ${LONGEST_FILE_NAME_BYTES} bytes that the relay takes.`,
      zh: `文件名超过中继允许的 ${LONGEST_FILE_NAME_BYTES} 字节。`,
    })
  }
  const bytes = await readOwnersFile(path, LARGEST_FILE_BYTES)
  return { ...(await keepBytes(folder, bytes, 'bin')), name }
}

/** RC §9: with a file the relay loses the first contact's attachment, or the friendship that an answer would have made. */
async function requireFriend(to: RelayAddress, context: ActionContext): Promise<void> {
  const { adapter, context: ctx } = context.relay()
  if (ctx.contacts.relationshipWith(to) === 'accepted') return
  await adapter.requests(ctx).friends()
  if (ctx.contacts.relationshipWith(to) === 'accepted') return
  throw new ConfigError(
    {
      en: `#${to.id} is not your friend yet: sent with a file, a first message or the answer to a request gets lost on the relay.`,
      zh: `#${to.id} 还不是你的好友：首次消息或对申请的回复若带文件，会在中继上丢失。`,
    },
    {
      nextStep: {
        en: 'Write a text first; send the file once you are friends. Nothing was sent.',
        zh: '请先发文字；成为好友后再发文件。未发送任何内容。',
      },
    },
  )
}
