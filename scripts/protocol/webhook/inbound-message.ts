import type { InboundKind } from '../../core/config/webhooks.ts'
import { isEventName, TEST_EVENT } from '../../core/events.ts'
import { decodeUtf8 } from '../../core/utf8.ts'
import { headerOf, type InboundRequest } from './inbound-check.ts'
import { compactJson, type JsonObject, objectOf, parseJson } from './json-text.ts'

/** What somebody pushed to us says, whoever it is: all of it is their word (OI §5.5). */
export interface InboundMessage {
  readonly user: string | null
  readonly text: string
  /** The same on every retry, and on nothing else; null: they gave none. */
  readonly id: string | null
  /** They only ask whether we are there, and want this for an answer: it is no message. */
  readonly answer?: Readonly<Record<string, unknown>>
}

export function readInbound(kind: InboundKind, request: InboundRequest): InboundMessage {
  const text = decodeUtf8(request.body).replace(/^\ufeff/, '')
  const value = parseJson(text)
  if (value === undefined) return { user: null, text, id: headerId(kind, request) }
  const root = objectOf(value)
  if (root === null) return { user: null, text: compactJson(text), id: headerId(kind, request) }
  const places = [root, ...PLACES.map(name => objectOf(root[name]))]
  const answer = answerTo(kind, root)
  return {
    user: firstOf(places, USER_KEYS, userOf),
    text: firstOf(places, TEXT_KEYS, textOf) ?? compactJson(text),
    id: idIn(kind, root) ?? headerId(kind, request),
    ...(answer === null ? {} : { answer }),
  }
}

const USER_KEYS = ['user', 'from', 'sender']
const TEXT_KEYS = ['message', 'text', 'content']

/** Where Telegram, Slack, Discord and we ourselves have user and text, when not at the top. */
const PLACES = ['message', 'edited_message', 'channel_post', 'edited_channel_post', 'event', 'member', 'data']

function firstOf(
  places: readonly (JsonObject | null)[],
  keys: readonly string[],
  read: (value: unknown) => string | null,
): string | null {
  for (const place of places) {
    for (const key of keys) {
      const found = read(place?.[key])
      if (found !== null) return found
    }
  }
  return null
}

function textOf(value: unknown): string | null {
  const text = objectOf(value)?.['text'] ?? value
  return typeof text === 'string' && text !== '' ? text : null
}

function userOf(value: unknown): string | null {
  const person = objectOf(value)
  if (person === null) return wordOf(value)
  return wordOf(person['id']) ?? wordOf(person['username']) ?? wordOf(person['name'])
}

/** It stands beside the message, where nobody looks for a novel. */
const LONGEST_USER = 100

function wordOf(value: unknown): string | null {
  if (Number.isSafeInteger(value)) return String(value)
  if (typeof value !== 'string' || value === '') return null
  return value.length <= LONGEST_USER ? value : `${value.slice(0, LONGEST_USER - 1).toWellFormed()}…`
}

/** Only of senders that are known to mean this by it: elsewhere, the same name may stand for what a message is about. */
function idIn(kind: InboundKind, root: JsonObject): string | null {
  switch (kind) {
    case 'telegram':
      return Number.isSafeInteger(root['update_id']) ? String(root['update_id']) : null
    case 'slack':
      return idOf(root['event_id'])
    case 'discord':
      return idOf(root['id'])
    case 'generic':
      return idOfOurEvent(root)
  }
}

function idOfOurEvent({ event, data }: JsonObject): string | null {
  const own = objectOf(data)
  const isOurs = typeof event === 'string' && isEventName(event) && typeof own?.['sessionId'] === 'string'
  return isOurs ? idOf(own['id']) : null
}

/** Others call the subscription so, which all their messages have in common; only we count the tries beside it. */
function headerId(kind: InboundKind, request: InboundRequest): string | null {
  if (kind !== 'generic') return null
  const standard = idOf(headerOf(request, 'webhook-id'))
  const counted = headerOf(request, 'x-webhook-attempt') !== undefined
  return standard ?? (counted ? idOf(headerOf(request, 'x-webhook-id')) : null)
}

function idOf(value: unknown): string | null {
  return typeof value === 'string' && /^[!-~]{1,256}$/.test(value) ? value : null
}

const LONGEST_CHALLENGE = 1000

function answerTo(kind: InboundKind, root: JsonObject): JsonObject | null {
  // By the body, which is signed: a header that anybody could add must not turn a message into a probe.
  if (root['event'] === TEST_EVENT) return { ok: true, test: true }
  // Where Discord pushes events, the same number says that this is one.
  if (kind === 'discord' && root['type'] === 1 && objectOf(root['event']) === null) return { type: 1 }
  const challenge = root['challenge']
  const isChallenge = kind === 'slack' && root['type'] === 'url_verification' && typeof challenge === 'string'
  return isChallenge && challenge.length <= LONGEST_CHALLENGE ? { challenge } : null
}
