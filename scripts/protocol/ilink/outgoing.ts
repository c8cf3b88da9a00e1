import { cipherSize, hexOf, keyForItem, md5Hex } from '../media-crypto.ts'
import type { BaseInfo } from './headers.ts'
import { ilinkJson } from './json.ts'
import { MEDIA_KINDS, type MediaKind, TEXT_ITEM } from './kinds.ts'

/** The bodies of our requests, as text (IL §3-§9). */

/** So many at most, the latest login first. */
const MOST_LOCAL_TOKENS = 10

/** @param localTokens of accounts that are here already: who scans for one of them gets it back */
export function qrCodeBody(localTokens: readonly string[]): string {
  return ilinkJson({ local_token_list: localTokens.slice(0, MOST_LOCAL_TOKENS) })
}

export function updatesBody(cursor: string, base: BaseInfo): string {
  return ilinkJson({ get_updates_buf: cursor, base_info: base })
}

/** For `notifystart` and `notifystop`. */
export function notifyBody(base: BaseInfo): string {
  return ilinkJson({ base_info: base })
}

export interface NewMessage {
  /** Exactly as received. */
  readonly to: string
  /** A new one for every message, and for every part of one; the same only when the same request is made again. */
  readonly clientId: string
  /** One, or none: several of different kinds are refused. */
  readonly item: OutgoingItem | null
  readonly state: MessageState
  /** The newest that came from there; null: none ever did. */
  readonly contextToken: string | null
  /** Of one turn of the agent. */
  readonly runId?: string
}

/** `generating` says that more of it follows; it edits nothing. */
export type MessageState = 'generating' | 'finish'

const STATES: Readonly<Record<MessageState, number>> = { generating: 1, finish: 2 }
const BOT_MESSAGE = 2

export function sendBody({ to, clientId, item, state, contextToken, runId }: NewMessage, base: BaseInfo): string {
  return ilinkJson({
    msg: {
      from_user_id: '',
      to_user_id: to,
      client_id: clientId,
      message_type: BOT_MESSAGE,
      message_state: STATES[state],
      ...(item === null ? {} : { item_list: [item] }),
      ...(contextToken === null ? {} : { context_token: contextToken }),
      ...(runId === undefined ? {} : { run_id: runId }),
    },
    base_info: base,
  })
}

/**
 * `openclaw-weixin:<ms>-<8 hex>`. A message whose id was there before is taken and never shown.
 *
 * @param random uniform in [0, 1)
 */
export function clientId(now: number, random: number): string {
  return `openclaw-weixin:${Math.trunc(now)}-${uint32(random).toString(16).padStart(8, '0')}`
}

/** @param random uniform in [0, 1) */
export function uint32(random: number): number {
  return Math.floor(random * 2 ** 32) >>> 0
}

export type OutgoingItem = { readonly type: number } & Readonly<Record<string, unknown>>

/** null: an empty one is refused, so it goes without an item. */
export function textItem(text: string): OutgoingItem | null {
  return text === '' ? null : { type: TEXT_ITEM, text_item: { text } }
}

/** Voices that a bot sends are never heard (IL §7). */
export type SentMediaKind = Exclude<MediaKind, 'voice'>

export interface UploadedMedia {
  readonly kind: SentMediaKind
  /** As the recipient reads it. */
  readonly name: string
  readonly key: Uint8Array
  readonly plainBytes: number
  /** `x-encrypted-param` of the upload. */
  readonly param: string
}

/** For pictures and films the length of the ciphertext as a number, for files that of the plaintext in digits. */
export function mediaItem({ kind, name, key, plainBytes, param }: UploadedMedia): OutgoingItem {
  const media = { encrypt_query_param: param, aes_key: keyForItem(key), encrypt_type: 1 }
  const { item: type, body } = MEDIA_KINDS[kind]
  switch (kind) {
    case 'image':
      return { type, [body]: { media, mid_size: cipherSize(plainBytes) } }
    case 'video':
      return { type, [body]: { media, video_size: cipherSize(plainBytes) } }
    case 'file':
      return { type, [body]: { media, file_name: name, len: String(plainBytes) } }
  }
}

export interface NewUpload {
  readonly kind: MediaKind
  /** A dummy is refused. */
  readonly to: string
  /** 16 random bytes, new ones for each upload; so is the key. */
  readonly fileKey: Uint8Array
  readonly key: Uint8Array
  readonly plain: Uint8Array
}

export function uploadBody({ kind, to, fileKey, key, plain }: NewUpload, base: BaseInfo): string {
  return ilinkJson({
    filekey: hexOf(fileKey),
    media_type: MEDIA_KINDS[kind].upload,
    to_user_id: to,
    rawsize: plain.length,
    rawfilemd5: md5Hex(plain),
    filesize: cipherSize(plain.length),
    no_need_thumb: true,
    aeskey: hexOf(key),
    base_info: base,
  })
}

/** For the ticket that typing needs. Any other name for the user is refused. */
export function configBody(
  { user, contextToken }: { user: string; contextToken: string | null },
  base: BaseInfo,
): string {
  return ilinkJson({
    ilink_user_id: user,
    ...(contextToken === null ? {} : { context_token: contextToken }),
    base_info: base,
  })
}

/** @param isTyping false ends it: nothing else does, for hours */
export function typingBody(
  { user, ticket, isTyping }: { user: string; ticket: string; isTyping: boolean },
  base: BaseInfo,
): string {
  return ilinkJson({ ilink_user_id: user, typing_ticket: ticket, status: isTyping ? 1 : 2, base_info: base })
}
