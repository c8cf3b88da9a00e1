/** The `msg` of a `sendmessage`, read as the contract writes it (IL §6); what deviates is recorded. */

import { type JsonObject, objectOf } from '../../protocol/webhook/json-text.ts'
import { type BotCall, stringOf } from './world.ts'

export const GENERATING = 1

/** Item enum (IL §10). */
export const VOICE_ITEM = 3

const KNOWN_ITEMS = [1, 2, 3, 4, 5, 11, 12]

export interface Draft {
  readonly msg: JsonObject
  readonly to: string
  readonly clientId: string
  readonly state: number
  readonly token: string | null
  readonly runId: string | null
  readonly items: readonly JsonObject[]
  /** Of all text items. */
  readonly texts: readonly string[]
}

/** null: there is no message. */
export function readDraft(call: BotCall): Draft | null {
  const msg = objectOf(call.body['msg'])
  if (msg === null) {
    call.violate('msg-missing', 'msg')
    return null
  }
  const expect = (isSo: boolean, rule: string, detail: string) => {
    if (!isSo) call.violate(rule, detail)
  }
  const state = msg['message_state']
  const list = msg['item_list']
  const items = Array.isArray(list) ? list.map(objectOf).filter(item => item !== null) : []
  expect(msg['from_user_id'] === '', 'from-user-id', 'always the empty string')
  expect(msg['message_type'] === 2, 'message-type', '2 (BOT)')
  expect(state === 0 || state === 1 || state === 2, 'message-state', 'NEW 0, GENERATING 1, FINISH 2')
  expect(list === undefined || items.length === 1, 'item-count', 'exactly one item; omitted when the text is empty')
  expect(
    items.every(item => KNOWN_ITEMS.includes(Number(item['type']))),
    'item-type',
    'a type of the item enum',
  )
  return {
    msg,
    to: stringOf(msg, 'to_user_id'),
    clientId: stringOf(msg, 'client_id'),
    state: typeof state === 'number' ? state : 2,
    // "Omitted when unknown."
    token: stringOf(msg, 'context_token') || null,
    runId: stringOf(msg, 'run_id') || null,
    items,
    texts: items.flatMap(item => {
      const text = objectOf(item['text_item'])
      return item['type'] === 1 && text !== null ? [stringOf(text, 'text')] : []
    }),
  }
}
