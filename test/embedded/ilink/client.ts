/** A little client by the contract alone: what a request has to look like is written here a second time, on purpose. */

import { createCipheriv, createHash, randomBytes } from 'node:crypto'

export type Fields = Readonly<Record<string, unknown>>

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Ids of 64 bits are bigints; an empty body has no fields. */
  readonly json: Fields
}

/** Text of an answer; '' when there is none. */
export function textIn({ json }: Answered, name: string): string {
  const value = json[name]
  return typeof value === 'string' ? value : ''
}

/** The messages of a poll, as whoever asks knows them. */
export function msgsIn<T>({ json }: Answered): T[] {
  return (json['msgs'] ?? []) as T[]
}

/** "`X-WECHAT-UIN` = base64 of the decimal ASCII text of a random uint32, fresh for every request." */
export function uin(): string {
  return Buffer.from(String(randomBytes(4).readUInt32BE())).toString('base64')
}

export const appHeaders = { 'iLink-App-Id': 'bot', 'iLink-App-ClientVersion': '132105' }

export function postHeaders(token?: string): Record<string, string> {
  return {
    ...appHeaders,
    'Content-Type': 'application/json',
    AuthorizationType: 'ilink_bot_token',
    'X-WECHAT-UIN': uin(),
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  }
}

export const baseInfo = { channel_version: '2.4.9', bot_agent: 'OpenClaw' }

/** Keeps the digits that a JavaScript number would lose. */
export function parseLossless(text: string): Fields {
  if (text === '') return {}
  return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && context?.source !== undefined
      ? BigInt(context.source)
      : value,
  )
}

export async function ask(url: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(url, init)
  const text = await response.text()
  let json: Fields = {}
  try {
    json = parseLossless(text)
  } catch {
    // Faults answer with what is no JSON; a test looks at the text.
  }
  return { status: response.status, headers: response.headers, text, json }
}

export interface Credentials {
  readonly token: string
  readonly base: string
}

export interface AskOptions {
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
}

/** One call with a bearer; `base_info` is there unless the body has its own. */
export function call(
  { token, base }: Credentials,
  path: string,
  body: object = {},
  { headers = postHeaders(token), signal }: AskOptions = {},
): Promise<Answered> {
  const text = JSON.stringify({ base_info: baseInfo, ...body })
  return ask(`${base}/ilink/bot/${path}`, { method: 'POST', headers, body: text, ...(signal ? { signal } : {}) })
}

export function poll(who: Credentials, cursor = '', options: AskOptions = {}): Promise<Answered> {
  return call(who, 'getupdates', { get_updates_buf: cursor }, options)
}

export interface Message {
  readonly to: string
  readonly token?: string
  readonly text?: string
  readonly item?: object
  readonly [field: string]: unknown
}

let sent = 0

/** `openclaw-weixin:<ms since epoch>-<8 hex>` */
export function clientId(): string {
  sent += 1
  return `openclaw-weixin:${1_700_000_000_000 + sent}-${randomBytes(4).toString('hex')}`
}

export function textItem(text: string): object {
  return { type: 1, text_item: { text } }
}

export function send(who: Credentials, { to, token, text, item, ...rest }: Message): Promise<Answered> {
  const one = text === undefined ? item : textItem(text)
  const msg = {
    from_user_id: '',
    to_user_id: to,
    client_id: clientId(),
    message_type: 2,
    message_state: 2,
    item_list: one === undefined ? undefined : [one],
    context_token: token,
    ...rest,
  }
  return call(who, 'sendmessage', { msg })
}

export function newQr(base: string, localTokens: readonly string[] = []): Promise<Answered> {
  return ask(`${base}/ilink/bot/get_bot_qrcode?bot_type=3`, {
    method: 'POST',
    headers: postHeaders(),
    body: JSON.stringify({ local_token_list: localTokens }),
  })
}

export function qrStatus(base: string, qrcode: string, verifyCode?: string): Promise<Answered> {
  const query = new URLSearchParams({ qrcode, ...(verifyCode === undefined ? {} : { verify_code: verifyCode }) })
  return ask(`${base}/ilink/bot/get_qrcode_status?${query}`, { headers: appHeaders })
}

export interface File {
  readonly key: Buffer
  readonly plain: Buffer
  readonly cipher: Buffer
  readonly filekey: string
}

export function encrypted(plain: Buffer, key: Buffer = randomBytes(16)): File {
  const cipher = createCipheriv('aes-128-ecb', key, null)
  const bytes = Buffer.concat([cipher.update(plain), cipher.final()])
  return { key, plain, cipher: bytes, filekey: randomBytes(16).toString('hex') }
}

/** Upload enum: IMAGE 1, VIDEO 2, FILE 3, VOICE 4. */
export function announcement({ plain, cipher, filekey, key }: File, to: string, mediaType: number) {
  return {
    filekey,
    media_type: mediaType,
    to_user_id: to,
    rawsize: plain.length,
    rawfilemd5: createHash('md5').update(plain).digest('hex'),
    filesize: cipher.length,
    no_need_thumb: true,
    aeskey: key.toString('hex'),
  }
}

export function upload(url: string, bytes: Buffer, init: RequestInit = {}): Promise<Answered> {
  return ask(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/octet-stream' },
    body: new Uint8Array(bytes),
    ...init,
  })
}

export function paramUrl(cdnUrl: string, param: string, filekey: string): string {
  return `${cdnUrl}/upload?encrypted_query_param=${encodeURIComponent(param)}&filekey=${encodeURIComponent(filekey)}`
}

export async function download(url: string): Promise<{ status: number; bytes: Buffer }> {
  const response = await fetch(url)
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
}

/** "Outbound always uses B": base64 of the hex text. */
export function mediaOf(param: string, key: Buffer, form: 'A' | 'B' = 'B') {
  const text = form === 'A' ? key.toString('base64') : Buffer.from(key.toString('hex')).toString('base64')
  return { encrypt_query_param: param, aes_key: text, encrypt_type: 1 }
}

/** Announces, uploads and gives the reference to send. */
export async function place(who: Credentials, file: File, { to, type }: { to: string; type: number }) {
  const urls = await call(who, 'getuploadurl', announcement(file, to, type))
  const done = await upload(textIn(urls, 'upload_full_url'), file.cipher)
  return mediaOf(done.headers.get('x-encrypted-param') ?? '', file.key)
}
