import { type Failure, transportFailure } from './failures.ts'
import { printableIn } from './fields.ts'
import { fieldsOf, type IlinkReply } from './reply.ts'
import { hostIn, ownUrl } from './urls.ts'

/** The answers of a login by QR code (IL §3). */

export interface QrCode {
  readonly kind: 'ok'
  /** By which its state is asked for. */
  readonly qrcode: string
  /** What has to be shown as a QR code: a link, whatever its name on the wire says. */
  readonly link: string
}

const LONGEST_KEY = 1024
/** More does not fit into a QR code. */
const LONGEST_LINK = 2900

export function readQrCode(reply: IlinkReply): QrCode | Failure {
  const read = fieldsOf(reply)
  if (read.kind !== 'fields') return read
  const qrcode = printableIn(read.fields['qrcode'], LONGEST_KEY)
  const link = printableIn(read.fields['qrcode_img_content'], LONGEST_LINK)
  if (qrcode === null || link === null) return transportFailure('unexpected_answer')
  return { kind: 'ok', qrcode, link }
}

/** The words of the wire. Failures of transport are answered like `wait`. */
export type QrStatus =
  | { readonly kind: 'wait' | 'scaned' | 'need_verifycode' | 'verify_code_blocked' | 'expired' | 'binded_redirect' }
  /** null: the host stays the same. */
  | { readonly kind: 'scaned_but_redirect'; readonly host: string | null }
  | { readonly kind: 'confirmed'; readonly credentials: Credentials }
  /** Confirmed, and yet of no use: the login has failed. */
  | { readonly kind: 'incomplete'; readonly missing: 'bot_token' | 'ilink_bot_id' }
  /** Ask again. */
  | { readonly kind: 'unknown' }

export interface Credentials {
  readonly token: string
  readonly botId: string
  /** null: the default one. */
  readonly baseUrl: string | null
  /** Who scanned. */
  readonly userId: string | null
}

export function readQrStatus(reply: IlinkReply): QrStatus | Failure {
  const read = fieldsOf(reply)
  if (read.kind !== 'fields') return read
  const { fields } = read
  switch (fields['status']) {
    case 'wait':
    case 'need_verifycode':
    case 'verify_code_blocked':
    case 'expired':
    case 'binded_redirect':
      return { kind: fields['status'] }
    case 'scaned':
    case 'scanned':
      return { kind: 'scaned' }
    case 'scaned_but_redirect':
      return { kind: 'scaned_but_redirect', host: hostIn(fields['redirect_host']) }
    case 'confirmed':
      return confirmed(fields)
    default:
      return { kind: 'unknown' }
  }
}

/** Tokens are a bot id and a secret: a few dozen characters. */
const LONGEST_TOKEN = 4096
const LONGEST_ID = 256

function confirmed(fields: Readonly<Record<string, unknown>>): QrStatus {
  const token = printableIn(fields['bot_token'], LONGEST_TOKEN)
  const botId = printableIn(fields['ilink_bot_id'], LONGEST_ID)
  if (botId === null) return { kind: 'incomplete', missing: 'ilink_bot_id' }
  if (token === null) return { kind: 'incomplete', missing: 'bot_token' }
  const baseUrl = ownUrl(fields['baseurl']) ?? ownUrl(fields['base_url'])
  return {
    kind: 'confirmed',
    credentials: { token, botId, baseUrl, userId: printableIn(fields['ilink_user_id'], LONGEST_ID) },
  }
}
