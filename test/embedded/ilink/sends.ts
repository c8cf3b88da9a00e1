/** Sending and what comes of it. */

import { type Message, send } from './client.ts'
import type { BoundSimulator } from './test-simulator.ts'

/** A message of the user, and its token. */
export function written({ phone }: BoundSimulator): string {
  return phone.write({ kind: 'text', text: 'hello' }).contextToken
}

/** `ret` and `errmsg`, which is how a refusal looks. */
export async function outcome({ who, user }: BoundSimulator, message: Partial<Message>): Promise<unknown[]> {
  const { json } = await send(who, { to: user, ...message })
  return [json['ret'], json['errmsg']]
}

export const OK = [0, '']

export const PREPARE_FAILED = [-2, 'prepare failed']

export const INVALID = [-3, 'invalid arguments']

export function shownTexts({ phone }: BoundSimulator): string[] {
  return phone
    .transcript()
    .shown.filter(({ side }) => side === 'bot')
    .map(({ text }) => text)
}
