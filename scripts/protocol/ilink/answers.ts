import type { Failure } from './failures.ts'
import { transportFailure } from './failures.ts'
import { idIn, printableIn, textIn, wordsIn } from './fields.ts'
import { fieldsOf, fieldsOrNone, type IlinkReply, jsonOf, refusalIn } from './reply.ts'
import { mediaUrl } from './urls.ts'

/** The answers to what we send (IL §4, §6, §7, §9). */

/** Accepted, which is not delivered (IL §6). */
export interface Sent {
  readonly kind: 'ok'
  /** By which quotes refer to it; null: older servers give none. */
  readonly messageId: string | null
}

/** Newer servers answer with an id, older ones with `{}` or nothing. */
export function readSent(reply: IlinkReply): Sent | Failure {
  const read = fieldsOrNone(reply)
  return read.kind === 'fields' ? { kind: 'ok', messageId: idIn(read.fields['message_id']) } : read
}

/** For `notifystart`, `notifystop` and `sendtyping`, which say nothing but yes or no. */
export function readDone(reply: IlinkReply): { readonly kind: 'ok' } | Failure {
  const read = fieldsOrNone(reply)
  return read.kind === 'fields' ? { kind: 'ok' } : read
}

export type UploadGrant =
  | { readonly kind: 'ok'; readonly url: string; readonly param: null }
  | { readonly kind: 'ok'; readonly url: null; readonly param: string }

const LONGEST_PARAM = 8192

/** With the parameter alone larger files were refused (IL §7), so the whole address goes first. */
export function readUploadGrant(reply: IlinkReply): UploadGrant | Failure {
  const read = jsonOf(reply)
  if (read.kind !== 'fields') return read
  const refusal = refusalIn(read.fields)
  if (refusal?.kind === 'login_needed') return refusal
  const url = mediaUrl(read.fields['upload_full_url'])
  if (url !== null) return { kind: 'ok', url, param: null }
  const param = printableIn(read.fields['upload_param'], LONGEST_PARAM)
  if (param !== null) return { kind: 'ok', url: null, param }
  return refusal ?? transportFailure('unexpected_answer')
}

/** Here only a `ret` that is there and 0 means yes (IL §9). */
export function readTypingTicket(reply: IlinkReply): { readonly kind: 'ok'; readonly ticket: string } | Failure {
  const read = fieldsOf(reply)
  if (read.kind !== 'fields') return read
  const ticket = textIn(read.fields['typing_ticket'])
  if (read.fields['ret'] === 0 && ticket !== null) return { kind: 'ok', ticket }
  return transportFailure('unexpected_answer')
}

export interface CdnReply {
  readonly status: number
  /** `x-encrypted-param` */
  readonly encryptedParam: string | null
  /** `x-error-message` */
  readonly errorMessage: string | null
  /** Its beginning, for what it says. */
  readonly text: string
}

export type Uploaded =
  /** By which it is downloaded. */
  | { readonly kind: 'ok'; readonly param: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly said: string | null }
  /** The same once more may succeed. */
  | { readonly kind: 'retry'; readonly reason: string; readonly said: string | null }

/** Exactly 200, and with the parameter; a 4xx stays one (IL §7). */
export function readUploaded({ status, encryptedParam, errorMessage, text }: CdnReply): Uploaded {
  const param = printableIn(encryptedParam, LONGEST_PARAM)
  if (status === 200 && param !== null) return { kind: 'ok', param }
  const said = wordsIn(errorMessage) ?? wordsIn(text)
  const reason = status === 200 ? 'no_param' : `http_${status}`
  return { kind: status >= 400 && status < 500 ? 'refused' : 'retry', reason, said }
}
