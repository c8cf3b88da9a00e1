/** `getuploadurl` (IL §7). */

import type { JsonObject } from '../../protocol/webhook/json-text.ts'
import { jsonAnswer, refusal } from './answers.ts'
import type { Upload } from './cdn-store.ts'
import { cipherSize } from './cipher.ts'
import { type BotCall, type Reply, stringOf, type World } from './world.ts'

const HEX_16_BYTES = /^[0-9a-f]{32}$/

const THUMB_FIELDS = ['thumb_rawsize', 'thumb_rawfilemd5', 'thumb_filesize']

export function getUploadUrl(world: World, call: BotCall): Reply {
  const { bot, body } = call
  const toUserId = stringOf(body, 'to_user_id')
  // "Uploads are bound to a real user, a dummy id gives ret -1."
  if (world.peers.find(bot.id, toUserId) === null) {
    call.violate('recipient-unknown', 'to_user_id is spelled as it was received')
    return refusal(-1, 'invalid to_user_id')
  }
  const upload = uploadOf(world, call, toUserId)
  if (upload === null) return refusal(-3, 'invalid arguments')
  const { uploadAnswer } = world.settings
  // "Media refused for this account, no URL given."
  if (uploadAnswer === 'neither') return refusal(-2, 'unknown error')
  if (!world.cdn.announce(upload)) {
    call.violate('filekey-used', 'filekey is new per upload')
    return refusal(-3, 'invalid arguments')
  }
  const full = uploadAnswer === 'param' ? undefined : fullUrl(world, upload)
  const param = uploadAnswer === 'full' ? undefined : upload.param
  return jsonAnswer({ ret: 0, upload_full_url: full, upload_param: param, ...thumb(world, call, upload) })
}

/** The full URL knows more than the parameter: only the latter fails for large files. */
function fullUrl({ urls }: World, { param, filekey }: Upload): string {
  const query = new URLSearchParams({ encrypted_query_param: param, filekey, taskid: filekey.slice(0, 8) })
  return `${urls.main}/c2c/upload?${query}`
}

/** "Only when a thumbnail is wanted (image, video)": a file of its own, with the same key. */
function thumb(world: World, call: BotCall, upload: Upload): { thumb_upload_param?: string } {
  const { body } = call
  if (body['no_need_thumb'] !== false) return {}
  const filekey = `${upload.filekey}-thumb`
  const rawSize = Number(body['thumb_rawsize'])
  const param = world.ids.base64('upload', 60)
  if (THUMB_FIELDS.some(name => body[name] === undefined)) {
    call.violate('thumb-fields', 'a thumbnail that is wanted has its sizes and its MD5')
    return {}
  }
  world.cdn.announce({
    ...upload,
    filekey,
    rawSize,
    rawMd5: stringOf(body, 'thumb_rawfilemd5'),
    cipherSize: Number(body['thumb_filesize']),
    param,
  })
  return { thumb_upload_param: param }
}

function uploadOf(world: World, call: BotCall, toUserId: string): Upload | null {
  const { body, bot } = call
  const upload: Upload = {
    filekey: stringOf(body, 'filekey'),
    botId: bot.id,
    toUserId,
    mediaType: Number(body['media_type']),
    rawSize: Number(body['rawsize']),
    rawMd5: stringOf(body, 'rawfilemd5'),
    cipherSize: Number(body['filesize']),
    key: stringOf(body, 'aeskey'),
    param: world.ids.base64('upload', 60),
  }
  const wrong = wrongField(body, upload)
  if (wrong === null) return upload
  call.violate('upload-field', wrong)
  return null
}

function wrongField(body: JsonObject, upload: Upload): string | null {
  if (!HEX_16_BYTES.test(upload.filekey)) return 'filekey: 16 random bytes as 32 hex'
  if (![1, 2, 3, 4].includes(upload.mediaType) || typeof body['media_type'] !== 'number')
    return 'media_type: 1, 2, 3 or 4'
  if (!Number.isSafeInteger(body['rawsize']) || upload.rawSize < 0) return 'rawsize: the plaintext length'
  if (!HEX_16_BYTES.test(upload.rawMd5)) return 'rawfilemd5: lower-case hex'
  if (body['filesize'] !== cipherSize(upload.rawSize)) return 'filesize: ceil((rawsize+1)/16)*16'
  if (!HEX_16_BYTES.test(upload.key)) return 'aeskey: 32 hex characters, not base64'
  return null
}
