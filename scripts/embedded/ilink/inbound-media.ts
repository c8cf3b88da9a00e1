/** Files that a phone sends: on the CDN, and as they are named in a message, with every form of key and address (IL §8, §10). */

import { createHash } from 'node:crypto'
import type { BubbleMedia } from './bubbles.ts'
import { encrypt, keyText, md5, sha256 } from './cipher.ts'
import type { Wire } from './wire.ts'
import type { Stores } from './world.ts'

/** Of `media.aes_key`: both encodings, bare hex, one that does not fit (IL §8), or none with plain bytes. */
export type KeyForm = 'A' | 'B' | 'hex' | 'wrong' | 'none'

/** Which address the message holds. */
export type Link = 'both' | 'param' | 'full'

export interface MediaOptions {
  readonly key?: KeyForm
  readonly link?: Link
}

export type MediaContent =
  /** `top level`: the right key as `image_item.aeskey`, and a wrong one in `media.aes_key`. */
  | { readonly kind: 'image'; readonly bytes: Buffer; readonly key?: KeyForm | 'top level'; readonly link?: Link }
  | (MediaOptions & { readonly kind: 'file'; readonly bytes: Buffer; readonly name: string })
  | (MediaOptions & { readonly kind: 'voice'; readonly bytes: Buffer; readonly text?: string })
  | (MediaOptions & { readonly kind: 'video'; readonly bytes: Buffer; readonly thumb?: Buffer })

export interface PhoneMedia {
  /** `type` and the body field of a MessageItem. */
  readonly fields: Readonly<Record<string, Wire>>
  readonly media: BubbleMedia
  /** What the file shows as text: a transcript. */
  readonly text: string
}

interface Placed {
  readonly media: Readonly<Record<string, Wire>>
  readonly kept: BubbleMedia
  readonly cipherSize: number
}

export function mediaFields(stores: Stores, content: MediaContent): PhoneMedia {
  const { bytes } = content
  switch (content.kind) {
    case 'image': {
      const isTopLevel = (content.key ?? 'top level') === 'top level'
      const form = content.key === undefined || content.key === 'top level' ? 'wrong' : content.key
      const { media, kept, cipherSize } = place(stores, { bytes, form, link: content.link })
      const image = { media, aeskey: isTopLevel ? (kept.key ?? undefined) : undefined, mid_size: cipherSize }
      return { fields: { type: 2, image_item: image }, media: kept, text: '' }
    }
    case 'file': {
      const { name } = content
      const { media, kept } = place(stores, { bytes, name, form: content.key, link: content.link })
      const file = { media, file_name: name, md5: md5(bytes), len: String(bytes.length) }
      return { fields: { type: 4, file_item: file }, media: kept, text: '' }
    }
    case 'voice': {
      const { media, kept } = place(stores, { bytes, form: content.key, link: content.link })
      // "Real inbound voice showed encode_type 4, sample_rate 16000 and an undocumented size."
      const voice = {
        media,
        encode_type: 4,
        bits_per_sample: 16,
        sample_rate: 16_000,
        playtime: 2000,
        size: bytes.length,
      }
      return {
        fields: { type: 3, voice_item: { ...voice, text: content.text } },
        media: kept,
        text: content.text ?? '',
      }
    }
    case 'video': {
      const { media, kept, cipherSize } = place(stores, { bytes, form: content.key, link: content.link })
      const video = {
        media,
        video_size: cipherSize,
        play_length: 3,
        video_md5: md5(bytes),
        ...thumbOf(stores, content),
      }
      return { fields: { type: 5, video_item: video }, media: kept, text: '' }
    }
  }
}

function thumbOf(stores: Stores, { thumb, key, link }: Extract<MediaContent, { kind: 'video' }>) {
  if (thumb === undefined) return {}
  const { media, cipherSize } = place(stores, { bytes: thumb, form: key, link })
  return { thumb_media: media, thumb_size: cipherSize, thumb_height: 224, thumb_width: 398 }
}

interface Placing {
  readonly bytes: Buffer
  readonly form: KeyForm | undefined
  readonly link: Link | undefined
  readonly name?: string
}

function place({ ids, cdn, clock, urls }: Stores, { bytes, form = 'B', link = 'both', name }: Placing): Placed {
  const key = form === 'none' ? null : ids.bytes('key', 16)
  const stored = key === null ? bytes : encrypt(key, bytes)
  const param = cdn.put(stored, clock.now())
  const full = `${urls.main}/c2c/download?${new URLSearchParams({ encrypted_query_param: param, taskid: 'full' })}`
  return {
    media: {
      encrypt_query_param: link === 'full' ? undefined : param,
      aes_key: key === null ? undefined : aesKey(key, form),
      encrypt_type: 1,
      full_url: link === 'param' ? undefined : full,
    },
    kept: {
      param,
      key: key?.toString('hex') ?? null,
      size: bytes.length,
      sha256: sha256(bytes),
      fileName: name ?? null,
    },
    cipherSize: stored.length,
  }
}

function aesKey(key: Buffer, form: KeyForm): string {
  if (form === 'hex') return key.toString('hex')
  // Well formed, and another key: the fault of IL §8.
  if (form === 'wrong') return keyText(createHash('md5').update(key).digest(), 'B')
  return keyText(key, form === 'A' ? 'A' : 'B')
}
