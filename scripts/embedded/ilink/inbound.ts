/** Messages that a phone writes: IL §10, with what is believed to be on the wire (duty F). */

import type { Bot } from './bots.ts'
import type { Bubble, BubbleKind, BubbleMedia } from './bubbles.ts'
import { type MediaContent, mediaFields } from './inbound-media.ts'
import { type QuoteOptions, refMsg } from './inbound-quotes.ts'
import { membersJson, type Wire, wireJson } from './wire.ts'
import type { Stores } from './world.ts'

export type Content =
  /** Several texts are several items of one message. */
  | { readonly kind: 'text'; readonly text: string | readonly string[] }
  | MediaContent
  /** `of`: the `message_id` of the message it quotes. */
  | (QuoteOptions & { readonly kind: 'quote'; readonly text: string; readonly of: string })
  /** The bot's own words as `message_type` 2, which some have seen in the stream (IL §5). */
  | { readonly kind: 'echo'; readonly text: string }
  | { readonly kind: 'unknown'; readonly type?: number }
  /** Several media in one message: "inference, unverified". */
  | { readonly kind: 'several'; readonly contents: readonly MediaContent[] }

export interface WrittenMessage {
  readonly messageId: string
  readonly contextToken: string
  readonly botId: string
  readonly userId: string
}

interface Item {
  readonly fields: Readonly<Record<string, Wire>>
  readonly kind: BubbleKind
  readonly text: string
  readonly media: BubbleMedia | null
}

export interface Writing {
  readonly bot: Bot
  readonly userId: string
  readonly content: Content
  readonly groupId?: string | undefined
}

/** On its way to the bot; whoever polls has to be woken. */
export function writeMessage(stores: Stores, { bot, userId, content, groupId }: Writing): WrittenMessage {
  const { ids, clock, peers, mail, bubbles } = stores
  const now = clock.now()
  const items = itemsOf(stores, content)
  const written = items.map(({ fields }) => ({
    create_time_ms: now,
    update_time_ms: now,
    is_completed: true,
    msg_id: ids.uint64('item'),
    ...fields,
  }))
  const messageId = String(ids.uint64('message'))
  // "Every inbound message carries one and it may differ each time."
  const contextToken = peers.wrote(bot.id, userId, now)
  const isEcho = content.kind === 'echo'
  const fields: Readonly<Record<string, Wire>> = {
    seq: mail.lastNumber() + 1,
    from_user_id: isEcho ? bot.id : userId,
    to_user_id: isEcho ? userId : bot.id,
    client_id: ids.hex('phone', 16),
    create_time_ms: now,
    update_time_ms: now,
    session_id: `${userId}#${bot.id}`,
    group_id: groupId,
    message_type: isEcho ? 2 : 1,
    message_state: 2,
    item_list: written,
    context_token: contextToken,
  }
  mail.add(bot.id, { messageId, rest: membersJson(fields), token: contextToken })
  if (!isEcho) {
    const [first] = items
    bubbles.add({
      at: now,
      side: 'phone',
      botId: bot.id,
      userId,
      messageId,
      kind: first?.kind ?? 'empty',
      text: items.map(({ text }) => text).join('\n'),
      media: first?.media ?? null,
      ...NOTHING_WRONG,
      clientId: String(fields['client_id']),
      contextToken,
      item: written[0] === undefined ? null : wireJson(written[0]),
    })
  }
  return { messageId, contextToken, botId: bot.id, userId }
}

const NOTHING_WRONG: Pick<Bubble, 'problem' | 'hidden' | 'isCut' | 'runId' | 'messageState'> = {
  problem: null,
  hidden: null,
  isCut: false,
  runId: null,
  messageState: 2,
}

function itemsOf(stores: Stores, content: Content): Item[] {
  switch (content.kind) {
    case 'text':
      return [content.text].flat().map(text => textItem(text))
    case 'echo':
      return [textItem(content.text)]
    case 'quote': {
      const quoted = stores.bubbles.byMessageId(content.of)
      if (quoted === null) throw new Error('nothing on the phone has this id')
      return [textItem(content.text, { ref_msg: refMsg(quoted, content) })]
    }
    case 'unknown':
      return [
        {
          fields: { type: content.type ?? 99, mystery_item: { payload: '?' } },
          kind: 'unknown',
          text: '',
          media: null,
        },
      ]
    case 'several':
      return content.contents.map(one => mediaItem(stores, one))
    default:
      return [mediaItem(stores, content)]
  }
}

function textItem(text: string, more: Readonly<Record<string, Wire>> = {}): Item {
  return { fields: { type: 1, text_item: { text }, ...more }, kind: 'text', text, media: null }
}

function mediaItem(stores: Stores, content: MediaContent): Item {
  const { fields, media, text } = mediaFields(stores, content)
  return { fields, kind: content.kind, text, media }
}
