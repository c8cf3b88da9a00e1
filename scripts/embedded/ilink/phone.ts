/** The user's side: what a person does with WeChat, and what it shows. */

import type { Bot } from './bots.ts'
import type { Bubble } from './bubbles.ts'
import { decrypt } from './cipher.ts'
import { transaction } from './database.ts'
import { type Content, type WrittenMessage, writeMessage } from './inbound.ts'
import type { MediaContent } from './inbound-media.ts'
import type { ScanScript } from './qr-desk.ts'
import { type Transcript, transcriptOf } from './transcript.ts'
import type { TypingFacts } from './typing-store.ts'
import type { World } from './world.ts'

/** "Mixed case, case-sensitive" (IL §2). */
export const DEFAULT_USER = 'o9cq80zXk1QmWvTtJ7LhPaBcDeFg@im.wechat'

/** Who writes to which bot. */
export interface Where {
  /** Default: the phone's own user, or who scanned the bot. */
  readonly from?: string
  /** Default: the bot that was bound last for that user, or the last one that lives. */
  readonly bot?: string
  readonly groupId?: string
}

export interface TypingState extends TypingFacts {
  readonly sinceKeepAliveMs: number
  /** "If the cancel is lost the phone shows typing for ever": a turn has ended without one. */
  readonly isStuck: boolean
}

export interface Phone {
  readonly user: string
  /** Reads the code: the client's next question says so. */
  scan(qrcode: string, script?: ScanScript & { readonly user?: string }): void
  /** The number that the phone shows, to be typed on the client; null: it shows none. */
  verifyCode(qrcode: string): string | null
  /** Taps the button: a new bot, and the end of the one before it. */
  confirm(qrcode: string): void
  write(content: Content, where?: Where): WrittenMessage
  /** "Expect each photo of an album as its own message." */
  writeAlbum(contents: readonly MediaContent[], where?: Where): WrittenMessage[]
  /** Several messages that leave in one answer. */
  together(work: () => void): void
  /** The conversation with all bots of a user, or with one. */
  transcript(user?: string, bot?: string): Transcript
  /** The bytes that a bubble shows; null: it has none, or they can not be read. */
  open(bubble: Bubble): Buffer | null
  /** null: it has never shown anything. */
  typingState(user?: string, bot?: string): TypingState | null
}

export function createPhone(world: World): Phone {
  const { qrs, bots, bubbles, typing, clock, settings, polls, cdn } = world

  function botFor({ from = DEFAULT_USER, bot }: Where): Bot {
    const all = bots.all()
    const found =
      bot === undefined
        ? // A bot whose session ended is still in the phone's list.
          (all.findLast(({ userId }) => userId === from) ?? all.findLast(({ isLive }) => isLive) ?? all.at(-1))
        : all.find(({ id }) => id === bot)
    if (found === undefined) throw new Error('no such bot is bound')
    return found
  }

  function write(content: Content, where: Where = {}): WrittenMessage {
    const bot = botFor(where)
    const userId = where.from ?? bot.userId
    const written = transaction(world.sql, () => writeMessage(world, { bot, userId, content, groupId: where.groupId }))
    polls.wake(bot.id)
    world.changed()
    return written
  }

  return {
    user: DEFAULT_USER,
    scan(qrcode, { user = DEFAULT_USER, ...script } = {}) {
      qrs.scan(qrcode, user, script)
      world.changed()
    },
    verifyCode(qrcode) {
      const qr = qrs.find(qrcode)
      return qr?.status === 'need_verifycode' ? (qr.script.verifyCode ?? null) : null
    },
    confirm(qrcode) {
      qrs.confirm(qrcode)
      world.changed()
    },
    write,
    writeAlbum(contents, where) {
      const written: WrittenMessage[] = []
      polls.together(() => {
        for (const content of contents) written.push(write(content, where))
      })
      return written
    },
    together: polls.together,
    transcript: (user = DEFAULT_USER, bot) => transcriptOf(bubbles.of(user, bot), settings),
    open({ media }) {
      const bytes = media === null ? null : (cdn.blob(media.param)?.bytes ?? null)
      if (bytes === null || media === null || media.key === null) return bytes
      return decrypt(Buffer.from(media.key, 'hex'), bytes)
    },
    typingState(user = DEFAULT_USER, bot) {
      const { id } = botFor({ from: user, ...(bot === undefined ? {} : { bot }) })
      const facts = typing.facts(id, user)
      if (facts === null) return null
      const sinceKeepAliveMs = clock.now() - facts.lastKeepAliveAt
      return { ...facts, sinceKeepAliveMs, isStuck: facts.isTyping && sinceKeepAliveMs > settings.typingSilenceMs }
    },
  }
}
