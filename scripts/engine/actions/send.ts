import { basename } from 'node:path'
import { z } from 'zod'
import { addressKey } from '../../core/address.ts'
import { ConfigError, UsageError } from '../../core/errors.ts'
import type { Bilingual } from '../../core/i18n.ts'
import { keepBytes, readOwnersFile } from '../../store/kept-files.ts'
import type { OutboxEntry, OutboxFile, SettledState } from '../../store/outbox.ts'
import type { OutgoingMessage } from '../outbox/outbox.ts'
import { isSettled } from '../outbox/settlement.ts'
import {
  LONGEST_REQUEST_ID,
  LONGEST_TEXT,
  LONGEST_WECHAT_TEXT,
  type Recipient,
  type RelayAddress,
  recipientIn,
  textFault,
  type WechatAddress,
} from '../outgoing.ts'
import { reachable } from '../wechat/reachable.ts'
import type { Action, ActionContext } from './action.ts'

export interface SendParams {
  /** As typed: `2`, `#2`, `relay:2`, `wechat:main/me` */
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
  /** Those of WeChat. */
  readonly wechat_text: string | null
  readonly reason: string | null
  /** What it waits for: that they write to us, or that somebody logs in; null: for neither. */
  readonly parked: OutboxEntry['parked']
  /** Of a message that takes several requests, how many were accepted. */
  readonly parts: { readonly accepted: number; readonly of: number } | null
}

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
    const order = { text, file, requestId }
    const message =
      recipient.kind === 'relay'
        ? await relayMessage(recipient.address, order, context)
        : await wechatMessage(recipient.address, order, context)
    const entry = context.outbox.find(message) ?? (await context.outbox.submit(message))
    const settled = await context.outbox.outcomeOf(entry.id, {
      waitMs: message.file === null ? WAIT_MS : WAIT_FOR_FILE_MS,
      signal: context.signal,
      progress: (done, total) => context.progress({ done, total }),
    })
    await context.projector.flush()
    return resultOf(settled)
  },
}

type OrderedText = Pick<SendParams, 'text' | 'file' | 'requestId'>

async function relayMessage(
  to: RelayAddress,
  { text, file, requestId }: OrderedText,
  context: ActionContext,
): Promise<OutgoingMessage> {
  checkText(text, { withFile: file !== undefined, longest: LONGEST_TEXT })
  // Nobody is asked anything before it is known who asks.
  context.relay()
  const kept = file === undefined ? null : await keepFile(file, RELAY_FILES, context)
  const message = { to, content: text, file: kept, requestId }
  if (kept !== null && context.outbox.find(message) === null) await requireFriend(to, context)
  return message
}

async function wechatMessage(
  address: WechatAddress,
  { text, file, requestId }: OrderedText,
  context: ActionContext,
): Promise<OutgoingMessage> {
  checkText(text, { withFile: file !== undefined, longest: LONGEST_WECHAT_TEXT })
  const to = reachable(address, context.wechat)
  const kept = file === undefined ? null : await keepFile(file, WECHAT_FILES, context)
  return { to, content: text, file: kept, requestId }
}

function resultOf({ state, requestId, seq, to, detail, parked }: OutboxEntry): SendResult {
  const words = detail.text ?? null
  return {
    outcome: isSettled(state) ? state : 'queued',
    request_id: requestId,
    seq,
    to: addressKey(to).replace(/^relay:/, '#'),
    relationship: detail.relationship ?? null,
    relay_text: to.scheme === 'relay' ? words : null,
    wechat_text: to.scheme === 'wechat' ? words : null,
    reason: detail.reason ?? null,
    parked,
    parts: detail.parts ?? null,
  }
}

function recipientOf(text: string): Extract<Recipient, { kind: 'relay' | 'wechat' }> {
  const recipient = recipientIn(text)
  switch (recipient.kind) {
    case 'relay':
    case 'wechat':
      return recipient
    case 'nobody':
      throw wrong({
        en: `${JSON.stringify(text.slice(0, 60))} is nobody's address: write 2, #2 or relay:2, or wechat:main/me.`,
        zh: `${JSON.stringify(text.slice(0, 60))} 不是有效的地址：请写成 2、#2 或 relay:2，或 wechat:main/me。`,
      })
    case 'elsewhere':
      throw wrong({
        en: `A ${recipient.address.scheme} can not be written to: people on the relay can, and on WeChat.`,
        zh: `无法向 ${recipient.address.scheme} 发送：只能发给中继或微信上的用户。`,
      })
  }
}

function checkText(text: string, { withFile, longest }: { withFile: boolean; longest: number }): void {
  const fault = textFault(text, longest)
  switch (fault?.kind) {
    case 'empty':
      if (withFile) return
      throw wrong({ en: 'The message is empty.', zh: '消息为空。' })
    case 'half_character':
      throw wrong({ en: 'The message holds half a character.', zh: '消息中含有不完整的字符。' })
    case 'too_long':
      throw wrong({
        en: `The message has ${fault.length} characters; ${longest} are taken at most.`,
        zh: `消息有 ${fault.length} 个字符；最多接受 ${longest} 个。`,
      })
  }
}

function wrong(text: Bilingual): UsageError {
  return new UsageError(text, {
    nextStep: { en: 'Nothing was sent. See: send --help', zh: '未发送任何内容。参见：send --help' },
  })
}

interface FileLimits {
  readonly bytes: number
  readonly nameBytes: number
}

/** RC §3 and §5. */
const RELAY_FILES: FileLimits = { bytes: 10 * 1024 * 1024, nameBytes: 246 }
/** As large as what is received (IL §8), and as long as a file's name can be. */
const WECHAT_FILES: FileLimits = { bytes: 100 * 1024 * 1024, nameBytes: 255 }

async function keepFile(path: string, most: FileLimits, { folder }: ActionContext): Promise<OutboxFile> {
  const name = basename(path)
  if (Buffer.byteLength(name) > most.nameBytes) {
    throw wrong({
      en: `The file's name is longer than the ${most.nameBytes} bytes that are taken.`,
      zh: `文件名超过允许的 ${most.nameBytes} 字节。`,
    })
  }
  const bytes = await readOwnersFile(path, most.bytes)
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
