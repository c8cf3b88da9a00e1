/** Media that a client sends: whether the phone could fetch and read them (IL §7, "Reference to send afterwards"). */

import { type JsonObject, objectOf } from '../../protocol/webhook/json-text.ts'
import type { BubbleMedia } from './bubbles.ts'
import type { Blob } from './cdn-store.ts'
import { decrypt, readKeyText, sha256 } from './cipher.ts'
import { type BotCall, stringOf, type World } from './world.ts'

export type MediaKind = 'image' | 'voice' | 'file' | 'video'

/** "Two enums: upload VIDEO 2 / FILE 3 / VOICE 4 versus item VOICE 3 / FILE 4 / VIDEO 5." */
const KINDS: ReadonlyMap<unknown, { readonly kind: MediaKind; readonly upload: number }> = new Map([
  [2, { kind: 'image', upload: 1 }],
  [3, { kind: 'voice', upload: 4 }],
  [4, { kind: 'file', upload: 3 }],
  [5, { kind: 'video', upload: 2 }],
])

export function mediaKindOf(item: JsonObject): MediaKind | null {
  return KINDS.get(item['type'])?.kind ?? null
}

export interface SeenMedia {
  readonly media: BubbleMedia | null
  readonly problem: string | null
}

export function seeMedia(world: World, call: BotCall, { item, to }: { item: JsonObject; to: string }): SeenMedia {
  const kind = KINDS.get(item['type'])
  const body = objectOf(item[`${kind?.kind}_item`]) ?? {}
  const media = objectOf(body['media']) ?? {}
  const param = stringOf(media, 'encrypt_query_param')
  const blob = world.cdn.blob(param)
  const fail = (rule: string, problem: string): SeenMedia => {
    call.violate(rule, problem)
    return { media: null, problem }
  }
  if (blob === null) return fail('media-unknown', 'no such file on the CDN')
  if (blob.upload !== null && blob.upload.mediaType !== kind?.upload) {
    return fail('media-type', `uploaded as media_type ${blob.upload.mediaType}`)
  }
  if (blob.upload !== null && blob.upload.toUserId !== to) return fail('media-recipient', 'uploaded for somebody else')
  const key = readKeyText(stringOf(media, 'aes_key'))
  if (key === null) return fail('media-key', 'aes_key is none')
  // "Outbound always uses B; with A the recipient gets an empty message."
  if (key.form === 'A') return fail('media-key-form', 'aes_key in form A: an empty message')
  const plain = decrypt(key.key, blob.bytes)
  if (plain === null) return fail('media-key', 'aes_key does not fit')
  if (media['encrypt_type'] !== 1) call.violate('media-encrypt-type', 'encrypt_type 1')
  const wrong = wrongSize(body, { kind: kind?.kind, plain, blob })
  if (wrong !== null) call.violate('media-size', wrong)
  return {
    media: {
      param,
      key: key.key.toString('hex'),
      size: plain.length,
      sha256: sha256(plain),
      fileName: stringOf(body, 'file_name') || null,
    },
    problem: null,
  }
}

interface Sizes {
  readonly kind: MediaKind | undefined
  readonly plain: Buffer
  readonly blob: Blob
}

/** "`file_item.len` is the plaintext size as a string, `mid_size` and `video_size` are ciphertext sizes as numbers." */
function wrongSize(body: JsonObject, { kind, plain, blob }: Sizes): string | null {
  switch (kind) {
    case 'image':
      return body['mid_size'] === blob.bytes.length ? null : 'mid_size is the ciphertext size'
    case 'video':
      return body['video_size'] === blob.bytes.length ? null : 'video_size is the ciphertext size'
    case 'file':
      if (stringOf(body, 'file_name') === '') return 'file_name'
      return body['len'] === String(plain.length) ? null : 'len is the plaintext size as a string'
    default:
      return null
  }
}
