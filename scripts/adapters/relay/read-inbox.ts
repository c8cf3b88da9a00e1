import type { IncomingMessage, IncomingPayload } from '../../core/adapter.ts'
import { decodeUtf8 } from '../../core/utf8.ts'
import { parseInbox, type Span } from '../../protocol/relay/inbox.ts'
import { classifyReply } from '../../protocol/relay/reply.ts'
import type { HttpReply } from '../http.ts'
import { type Known, understand, unparsed } from './understand.ts'

/** What a reply to `GET /messages` means for us. Whatever it holds has been deleted on the relay already. */
export type InboxOutcome =
  | {
      readonly kind: 'messages'
      readonly payload: IncomingPayload
      readonly count: number
      readonly more: boolean
      /** Why the messages, or the attribution of them, are not whole; null when they are. */
      readonly flaw: 'body_cut' | 'ambiguous' | 'unknown_form' | null
    }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unauthorized' | 'throttled' }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'no_answer'; readonly reason: string }

export function readInboxReply(reply: HttpReply, known: Known): InboxOutcome {
  const text = decodeUtf8(reply.body)
  const answer = classifyReply(reply.status, text)
  if (answer.kind === 'stream_limit') return { kind: 'throttled' }
  if (answer.kind !== 'text') return answer

  const inbox = parseInbox(text, reply.complete)
  switch (inbox.kind) {
    case 'empty':
      return { kind: 'empty' }
    case 'messages':
      if (inbox.spans === null) {
        return raw(reply, text, { flaw: reply.complete ? 'ambiguous' : 'body_cut', more: inbox.remaining > 0 })
      }
      if (inbox.spans.length === 0) return { kind: 'empty' }
      return found(reply, text, { spans: inbox.spans, known, more: inbox.remaining > 0 })
    case 'partial':
      return found(reply, text, { spans: [inbox.span], known, more: inbox.remaining > 0, cut: true })
    case 'unknown':
      // A page of a proxy or a portal is no answer of the relay. Anything else in plain text may be messages in a form
      // that we do not know, and the relay has no second copy of them.
      if (!looksLikeInbox(reply, text))
        return { kind: 'no_answer', reason: reply.complete ? 'not_a_relay' : 'body_cut' }
      // Nothing says that more is waiting: the next routine read will see, and not this very moment, again and again.
      return raw(reply, text, { flaw: reply.complete ? 'unknown_form' : 'body_cut', more: false })
  }
}

function looksLikeInbox(reply: HttpReply, text: string): boolean {
  return reply.contentType.startsWith('text/plain') && /^(?:收件箱|来自 ID:)/.test(text)
}

function found(
  reply: HttpReply,
  text: string,
  { spans, known, more, cut = false }: { spans: readonly Span[]; known: Known; more: boolean; cut?: boolean },
): InboxOutcome {
  const messages = spans.map(span => ({
    ...understand(text.slice(span.start, span.end), known, cut ? { state: 'partial' } : {}),
    span: byteSpan(text, span, reply.body.length),
  }))
  return {
    kind: 'messages',
    payload: { via: 'poll', body: reply.body, messages },
    count: spans.length,
    more,
    flaw: cut ? 'body_cut' : null,
  }
}

function raw(
  reply: HttpReply,
  text: string,
  { flaw, more }: { flaw: 'body_cut' | 'ambiguous' | 'unknown_form'; more: boolean },
): InboxOutcome {
  const state = flaw === 'body_cut' ? 'partial' : flaw
  const message: IncomingMessage = unparsed(text, { state })
  return {
    kind: 'messages',
    payload: { via: 'poll', body: reply.body, messages: [message] },
    count: 1,
    more,
    flaw,
  }
}

/** Places in the text as places in the bytes. */
function byteSpan(text: string, span: Span, length: number): { from: number; to: number } {
  const from = Buffer.byteLength(text.slice(0, span.start))
  const to = span.end === text.length ? length : from + Buffer.byteLength(text.slice(span.start, span.end))
  return { from, to }
}
