/** The CDN: an upload is verified before it is kept, a download is the bytes as they were put there (IL §7, §8, duty I). */

import { type Answer, textAnswer } from './answers.ts'
import type { Upload } from './cdn-store.ts'
import { decrypt, md5 } from './cipher.ts'
import { transaction } from './database.ts'
import type { Call, Reply, World } from './world.ts'

/** "Thumbnails: same procedure with `thumb_upload_param`" — and the filekey of the whole. */
const THUMB = '-thumb'

export function uploadFile(world: World, call: Call): Reply {
  const { query, bytes, recorded } = call
  const filekey = query.get('filekey') ?? ''
  const param = query.get('encrypted_query_param') ?? ''
  const found = [filekey, `${filekey}${THUMB}`]
    .map(key => world.cdn.upload(key))
    .find(one => one?.upload.param === param)
  if (found === undefined || found === null) return refuse(call, 'upload-unknown', 'no such filekey and parameter')
  const { upload, isUsed } = found
  // "Above ~50–96 KB fail with HTTP 500": the full URL does not.
  const { paramFormLimitBytes: limit } = world.settings
  if (limit !== null && bytes.length > limit && !query.has('taskid')) return textAnswer(500, '')
  if (isUsed) return refuse(call, 'upload-again', 'this filekey has been used')
  if (recorded.headers['content-type'] !== 'application/octet-stream') {
    return refuse(call, 'upload-type', 'application/octet-stream')
  }
  const wrong = wrongBytes(upload, bytes)
  if (wrong !== null) return refuse(call, 'upload-bytes', wrong)
  const stored = transaction(world.sql, () => world.cdn.put(bytes, world.clock.now(), upload))
  return textAnswer(200, '', { 'x-encrypted-param': stored })
}

function wrongBytes(upload: Upload, bytes: Buffer): string | null {
  if (bytes.length !== upload.cipherSize) return `${bytes.length} bytes instead of filesize ${upload.cipherSize}`
  const plain = decrypt(Buffer.from(upload.key, 'hex'), bytes)
  if (plain === null) return 'does not decrypt with aeskey'
  if (plain.length !== upload.rawSize) return `${plain.length} bytes of plaintext instead of rawsize ${upload.rawSize}`
  return md5(plain) === upload.rawMd5 ? null : 'another MD5 than rawfilemd5'
}

/** "Error text in header x-error-message." */
function refuse(call: Call, rule: string, detail: string): Answer {
  call.violate(rule, detail)
  return textAnswer(400, '', { 'x-error-message': detail })
}

export function downloadFile(world: World, call: Call): Reply {
  const blob = world.cdn.blob(call.query.get('encrypted_query_param') ?? '')
  if (blob === null) {
    call.violate('download-unknown', 'no such parameter')
    return textAnswer(404, '', { 'x-error-message': 'file not found' })
  }
  const { mediaLifeMs } = world.settings
  if (mediaLifeMs !== null && world.clock.now() - blob.at > mediaLifeMs) {
    return textAnswer(404, '', { 'x-error-message': 'file expired' })
  }
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: blob.bytes }
}
