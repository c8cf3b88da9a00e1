import { decodeUtf8 } from '../../core/utf8.ts'
import { type JsonObject, objectOf } from '../webhook/json-text.ts'
import { type Failure, transportFailure } from './failures.ts'
import { wordsIn } from './fields.ts'
import { parseIlink } from './json.ts'

/** What came back for one request, whatever it is. */
export interface IlinkReply {
  readonly status: number
  readonly body: Uint8Array
  /** false: it ended before its end. */
  readonly complete: boolean
}

export type Fields = { readonly kind: 'fields'; readonly fields: JsonObject } | Failure

/**
 * The members of an answer, if it is one and says yes (IL §5): no is `ret` or `errcode` that is there and not 0, either of
 * them or both.
 */
export function fieldsOf(reply: IlinkReply): Fields {
  const read = jsonOf(reply)
  return read.kind === 'fields' ? (refusalIn(read.fields) ?? read) : read
}

/** The same for calls whose success may be an empty body (IL §6). */
export function fieldsOrNone(reply: IlinkReply): Fields {
  const read = fieldsOf(reply)
  const isEmpty = read.kind === 'transport' && read.reason === 'empty_answer'
  return isEmpty ? { kind: 'fields', fields: {} } : read
}

/** The same before anybody looked whether it says yes. */
export function jsonOf({ status, body, complete }: IlinkReply): Fields {
  if (status < 200 || status > 299) return transportFailure(`http_${status}`)
  if (!complete) return transportFailure('cut')
  const text = decodeUtf8(body).replace(/^\ufeff/, '')
  if (text.trim() === '') return transportFailure('empty_answer')
  const value = parseIlink(text)
  if (value === undefined) return transportFailure('not_json')
  const fields = objectOf(value)
  return fields === null ? transportFailure('unexpected_answer') : { kind: 'fields', fields }
}

const LOGIN_NEEDED = -14

export function refusalIn(fields: JsonObject): Failure | null {
  const codes = [codeIn(fields['ret']), codeIn(fields['errcode'])]
  const said = wordsIn(fields['errmsg'])
  if (codes.includes(LOGIN_NEEDED)) return { kind: 'login_needed', errorClass: 'business', said }
  const code = codes.find(one => one !== 0)
  return code === undefined ? null : { kind: 'refused', errorClass: 'business', code, said }
}

/** 0 where there is none. null: something else than a number, which is not yes either. */
function codeIn(value: unknown): number | null {
  if (value === undefined || value === null || value === '') return 0
  const code = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
  // Minus zero is zero.
  return typeof code === 'number' ? code + 0 : null
}
