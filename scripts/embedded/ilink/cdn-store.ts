/** What was announced for upload, and the files themselves, encrypted as they came. */

import type { DatabaseSync } from 'node:sqlite'
import type { Ids } from './chance.ts'
import { row } from './database.ts'

/** What `getuploadurl` announced of one file. */
export interface Upload {
  readonly filekey: string
  readonly botId: string
  readonly toUserId: string
  /** The upload enum: IMAGE 1, VIDEO 2, FILE 3, VOICE 4 (IL §7). */
  readonly mediaType: number
  readonly rawSize: number
  readonly rawMd5: string
  readonly cipherSize: number
  /** 32 hex characters. */
  readonly key: string
  /** The parameter of its upload. */
  readonly param: string
}

export interface Blob {
  /** The ciphertext, or plain bytes when there is no key. */
  readonly bytes: Buffer
  readonly at: number
  /** Of a client's upload; null: a phone put it there. */
  readonly upload: Upload | null
}

export interface CdnStore {
  /** false: the key was used before. */
  announce(upload: Upload): boolean
  upload(filekey: string): { readonly upload: Upload; readonly isUsed: boolean } | null
  /** Keeps the file and gives its download parameter. */
  put(bytes: Buffer, at: number, upload?: Upload): string
  blob(param: string): Blob | null
}

/** "~136 characters": opaque, and never two alike. */
const PARAM_BYTES = 60

export function createCdnStore(sql: DatabaseSync, ids: Ids): CdnStore {
  const announce = sql.prepare('INSERT OR IGNORE INTO uploads (filekey, doc) VALUES (:filekey, :doc)')
  const upload = sql.prepare('SELECT doc, is_used AS isUsed FROM uploads WHERE filekey = :filekey')
  const use = sql.prepare('UPDATE uploads SET is_used = 1 WHERE filekey = :filekey')
  const put = sql.prepare('INSERT INTO blobs (param, bytes, doc, at) VALUES (:param, :bytes, :doc, :at)')
  const blob = sql.prepare('SELECT bytes, doc, at FROM blobs WHERE param = :param')
  return {
    announce: given => announce.run({ filekey: given.filekey, doc: JSON.stringify(given) }).changes === 1,
    upload(filekey) {
      const found = row<{ doc: string; isUsed: number }>(upload, { filekey })
      return found === undefined ? null : { upload: JSON.parse(found.doc), isUsed: found.isUsed === 1 }
    },
    put(bytes, at, from) {
      const param = ids.base64('file', PARAM_BYTES)
      put.run({ param, bytes, doc: JSON.stringify(from ?? null), at })
      if (from !== undefined) use.run({ filekey: from.filekey })
      return param
    },
    blob(param) {
      const found = row<{ bytes: Uint8Array; doc: string; at: number }>(blob, { param })
      if (found === undefined) return null
      return { bytes: Buffer.from(found.bytes), at: found.at, upload: JSON.parse(found.doc) }
    },
  }
}
