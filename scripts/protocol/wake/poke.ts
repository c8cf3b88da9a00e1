import type { WakeConfig } from '../../core/config.ts'

/** One request to the hooks of OpenClaw (OI §3.2-3.4). Whatever stands in it is ours: no word and no name of a peer. */
export interface PokeRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Poke {
  /** Made of program name, counts and a command. No two are equal, or the second would be swallowed. */
  readonly text: string
  /** The same on every try of one poke: who takes it twice runs it once. */
  readonly eventId: string
}

/** How a gateway names us in its logs. */
export const PROGRAM = 'openwechat-im-client'

export function pokeRequest(config: WakeConfig, { text, eventId }: Poke): PokeRequest {
  const { url, mode, agentId, mapping, sessionKey } = config
  const headers = {
    Authorization: `Bearer ${config.token}`,
    'Content-Type': 'application/json',
    Accept: 'application/json',
    'Accept-Encoding': 'identity',
  }
  const target = { ...(agentId === null ? {} : { agentId }), ...(sessionKey === null ? {} : { sessionKey }) }
  switch (mode) {
    case 'wake':
      return { url: `${url}/wake`, headers, body: JSON.stringify({ text, mode: 'now', ...target }) }
    case 'agent':
      // Without `deliver` the agent would read what came and tell nobody.
      return {
        url: `${url}/agent`,
        headers: { ...headers, 'Idempotency-Key': eventId },
        body: JSON.stringify({ message: text, name: PROGRAM, deliver: true, ...target }),
      }
    case 'mapping':
      // What becomes of it, and for which agent, is the mapping's to say.
      return {
        url: `${url}/${mapping ?? ''}`,
        headers: { ...headers, 'Idempotency-Key': eventId },
        body: JSON.stringify({ source: PROGRAM, id: eventId, text }),
      }
  }
}

/** What the agent reads when it is woken (OI §3.2). Counts and commands of ours only. */

export type PokeReason =
  /** Something came. */
  | 'new_messages'
  /** It was told, and has not read. */
  | 'not_read'
  | 'token_refused'
  | 'stream_down'
  /** At WeChat: only a person with a phone can do that. */
  | 'login_needed'

/** It is not about messages. */
export function isAlert(reason: PokeReason): boolean {
  return reason !== 'new_messages' && reason !== 'not_read'
}

/** So many are counted, and no more. */
export const MOST_COUNTED = 1000

/** @param number of this poke: the gateway drops a text that it has just had */
export function pokeText(reason: PokeReason, { unread, number }: { unread: number; number: number }): string {
  switch (reason) {
    case 'new_messages':
    case 'not_read':
      return sentence(number, `${counted(unread)}.`, 'inbox --json')
    case 'token_refused':
      return sentence(number, 'the relay refuses the token, so nothing is received. The owner has to know.', 'doctor')
    case 'stream_down':
      return sentence(
        number,
        'the stream from the relay has been down for more than 10 minutes; messages are fetched from time to time meanwhile. The owner may want to know.',
        'status --json',
      )
    case 'login_needed':
      return sentence(
        number,
        'an account at WeChat is signed out, so nothing is received there. The owner has to sign it in again with a phone.',
        'wechat status',
      )
  }
}

/** @param at a time, so that a second test is another text */
export function testText(at: string): string {
  return `${PROGRAM}, test of ${at}: this only shows that the program can wake you. There is nothing to do.`
}

function counted(unread: number): string {
  if (unread >= MOST_COUNTED) return `${MOST_COUNTED} or more unread messages`
  return unread === 1 ? '1 unread message' : `${unread} unread messages`
}

function sentence(number: number, what: string, command: string): string {
  return `${PROGRAM}, poke ${number}: ${what} Use the skill ${PROGRAM}: node {baseDir}/scripts/run.mjs ${command}`
}
