/** What every part of the simulator gets: the server's state, and the call it answers. */

import type { ServerResponse } from 'node:http'
import type { DatabaseSync } from 'node:sqlite'
import type { JsonObject } from '../../protocol/webhook/json-text.ts'
import type { Answer } from './answers.ts'
import type { Bot, BotStore } from './bots.ts'
import type { BubbleStore } from './bubbles.ts'
import type { CdnStore } from './cdn-store.ts'
import type { Ids } from './chance.ts'
import type { FaultBook } from './faults.ts'
import type { MailStore } from './mail.ts'
import type { PeerStore } from './peers.ts'
import type { Polls } from './polls.ts'
import type { QrDesk } from './qr-desk.ts'
import type { Origin, RecordedRequest, RequestLog } from './request-log.ts'
import type { Settings } from './settings.ts'
import type { TypingStore } from './typing-store.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What is kept, and what is asked of it. */
export interface Stores {
  readonly sql: DatabaseSync
  readonly clock: VirtualClock
  readonly settings: Settings
  readonly ids: Ids
  readonly chance: () => number
  readonly log: RequestLog
  readonly bots: BotStore
  readonly peers: PeerStore
  readonly mail: MailStore
  readonly bubbles: BubbleStore
  readonly cdn: CdnStore
  readonly typing: TypingStore
  readonly faults: FaultBook
  /** B of the duties: a deviation fails the request, or is only recorded. */
  readonly isStrict: boolean
  /** `http://127.0.0.1:…` of both ports. */
  readonly urls: Readonly<Record<Origin, string>>
  sessionTimeout(): Answer
  /** Something happened: whoever waits for a condition looks again. */
  changed(): void
}

export interface World extends Stores {
  readonly polls: Polls
  readonly qrs: QrDesk
  /** A new bot for the user; the one before it is dead from here on. */
  bind(userId: string, origin: Origin): Bot
}

export interface Call {
  readonly recorded: RecordedRequest
  readonly response: ServerResponse
  readonly query: URLSearchParams
  /** Of a JSON body; without one it has no members. */
  readonly body: JsonObject
  /** Of the CDN. */
  readonly bytes: Buffer
  violate(rule: string, detail: string): void
}

/** A call with a bearer that counts. */
export interface BotCall extends Call {
  readonly bot: Bot
}

/** null: nobody is left to answer. */
export type Reply = Answer | null | Promise<Answer | null>

export function stringOf(fields: JsonObject, name: string): string {
  const value = fields[name]
  return typeof value === 'string' ? value : ''
}
