/** Messages as they arrive, read by the contract alone. */

import assert from 'node:assert/strict'
import { createDecipheriv } from 'node:crypto'
import type { Content } from '../../../scripts/embedded/ilink/simulator.ts'
import { download, msgsIn, poll } from './client.ts'
import type { BoundSimulator } from './test-simulator.ts'

export type Item = { readonly type: number } & Readonly<Record<string, unknown>>

/** What an item holds under its name, as whoever asks knows it. */
export function partOf<T>({ item_list: [item] }: Wire, name: string): T {
  return (item?.[name] ?? assert.fail(name)) as T
}

export interface Wire {
  readonly message_id: bigint
  readonly from_user_id: string
  readonly to_user_id: string
  readonly message_type: number
  readonly group_id?: string
  readonly context_token: string
  readonly item_list: readonly Item[]
}

export async function arrive(test: BoundSimulator, content: Content): Promise<Wire> {
  test.phone.write(content)
  return msgsIn<Wire>(await poll(test.who))[0] ?? assert.fail()
}

export interface Media {
  readonly encrypt_query_param?: string
  readonly aes_key?: string
  readonly full_url?: string
}

export function decrypt(bytes: Buffer, key: Buffer): Buffer {
  const decipher = createDecipheriv('aes-128-ecb', key, null)
  return Buffer.concat([decipher.update(bytes), decipher.final()])
}

export async function bytesOf({ simulator }: BoundSimulator, media: Media): Promise<Buffer> {
  const param = encodeURIComponent(media.encrypt_query_param ?? '')
  const { status, bytes } = await download(
    media.full_url ?? `${simulator.cdnUrl}/download?encrypted_query_param=${param}`,
  )
  assert.equal(status, 200)
  return bytes
}

/** Form A: 16 bytes; form B: 32 characters of hex. */
export function keyOf({ aes_key = '' }: Media): Buffer {
  const bytes = Buffer.from(aes_key, 'base64')
  return bytes.length === 16 ? bytes : Buffer.from(bytes.toString('latin1'), 'hex')
}

export const PICTURE = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
