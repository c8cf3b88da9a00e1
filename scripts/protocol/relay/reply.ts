import { endsLikeProfile } from './profile.ts'

/**
 * What kind of answer a relay gave (RC §5, §11). Most refusals come with status 200, older revisions use real ones,
 * and a proxy in front may add pages of its own: so the text decides, and what fits no grammar counts as no answer.
 */
export type ReplyKind =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'stream_limit' }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'no_answer'; readonly reason: string }

const ERROR = /^错误(?: \d{3})?：([\s\S]*)$/
const VALIDATION = /^请求格式错误：([\s\S]*)$/

/**
 * @param status HTTP status
 * @param body the whole body as text. Success is still to be judged by the endpoint's own grammar.
 */
export function classifyReply(status: number, body: string): ReplyKind {
  // RC §4.4: a profile begins with its user's name, and that may well be `错误：…`.
  if (status === 200 && endsLikeProfile(body)) return { kind: 'text', text: body }
  const error = ERROR.exec(body)?.[1]
  if (error !== undefined) {
    if (error === 'Token 无效') return { kind: 'unauthorized' }
    if (error.startsWith('请求过于频繁')) return { kind: 'throttled' }
    if (error.startsWith('该 IP 的 SSE 连接数已达上限')) return { kind: 'stream_limit' }
    return { kind: 'refused', text: body }
  }
  const validation = VALIDATION.exec(body)?.[1]
  if (validation !== undefined) {
    // The header is missing or not acceptable to the relay: only another token can help.
    if (validation.startsWith('header -> X-Token')) return { kind: 'unauthorized' }
    return { kind: 'refused', text: body }
  }
  if (status === 401) return { kind: 'unauthorized' }
  if (status === 429) return { kind: 'throttled' }
  if (status < 200 || status > 299) return { kind: 'no_answer', reason: `http_${status}` }
  return { kind: 'text', text: body }
}
