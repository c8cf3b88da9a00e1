import { keyHex } from '../media-crypto.ts'
import { objectOf } from '../webhook/json-text.ts'
import { countIn, printableIn, textIn } from './fields.ts'
import type { MediaKind } from './kinds.ts'
import { cdnDownloadUrl, mediaUrl } from './urls.ts'

/** A picture, film, sound or file that lies in the CDN (IL §8, §10). What they say of it is their word. */
export interface MediaReference {
  readonly kind: MediaKind
  /** What the sender calls it: for people to read, never for a path. */
  readonly name: string | null
  readonly plainBytes: number | null
  /** Of one of its sizes, where there are several. */
  readonly cipherBytes: number | null
  readonly md5: string | null
  /** 32 hex digits each, the likeliest first; none: it may be in plain, or can not be opened. */
  readonly keys: readonly string[]
  /** A key was given that can be none. */
  readonly hasUnusableKey: boolean
  readonly fullUrl: string | null
  readonly param: string | null
  /** What was said, by the server's ear. */
  readonly transcript: string | null
  readonly codec: string | null
  readonly sampleRate: number | null
  readonly durationMs: number | null
}

const LONGEST_PARAM = 8192

/** @param body the field of an item that is named after its kind */
export function readMedia(kind: MediaKind, body: Readonly<Record<string, unknown>>): MediaReference {
  const media = objectOf(body['media']) ?? {}
  // Of a picture that was sent before, only the upper key fits (IL §8).
  const given = [kind === 'image' ? body['aeskey'] : undefined, media['aes_key']].flatMap(one => textIn(one) ?? [])
  const usable = given.flatMap(one => keyHex(one) ?? [])
  const isVoice = kind === 'voice'
  return {
    kind,
    name: kind === 'file' ? textIn(body['file_name']) : null,
    plainBytes: kind === 'file' ? countIn(body['len']) : null,
    cipherBytes: countIn({ image: body['mid_size'], video: body['video_size'], file: null, voice: null }[kind]),
    md5: md5In(kind === 'file' ? body['md5'] : body['video_md5']),
    keys: [...new Set(usable)],
    hasUnusableKey: usable.length < given.length,
    fullUrl: mediaUrl(media['full_url']),
    param: printableIn(media['encrypt_query_param'], LONGEST_PARAM),
    transcript: isVoice ? textIn(body['text']) : null,
    codec: isVoice ? codecOf(body['encode_type']) : null,
    sampleRate: isVoice ? countIn(body['sample_rate']) : null,
    durationMs: isVoice ? countIn(body['playtime']) : null,
  }
}

/** null: it is nowhere. */
export function downloadUrl({ fullUrl, param }: Pick<MediaReference, 'fullUrl' | 'param'>, cdn: string): string | null {
  return fullUrl ?? (param === null ? null : cdnDownloadUrl(cdn, param))
}

function md5In(value: unknown): string | null {
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  return /^[0-9a-f]{32}$/.test(text) ? text : null
}

const CODECS = ['pcm', 'adpcm', 'feature', 'speex', 'amr', 'silk', 'mp3', 'ogg-speex']

function codecOf(value: unknown): string | null {
  return CODECS[(countIn(value) ?? 0) - 1] ?? null
}
