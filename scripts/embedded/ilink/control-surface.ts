/** Phone and controls over HTTP: `POST /<name>` with a list of arguments, answered by what it returns. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Controls } from './controls.ts'
import type { Content } from './inbound.ts'
import type { Phone } from './phone.ts'

interface Hands {
  readonly phone: Phone
  readonly controls: Controls
}

/** A control takes no more than a picture. */
const LONGEST_BODY_BYTES = 16 * 1024 * 1024

const PHONE = ['scan', 'verifyCode', 'confirm', 'write', 'writeAlbum', 'transcript', 'typingState'] as const
const CONTROLS = [
  'set',
  'setSecondPoller',
  'setCursorMode',
  'fault',
  'bind',
  'bots',
  'revoke',
  'lastQr',
  'expireQr',
  'now',
  'advance',
  'setClock',
  'requests',
  'requestCount',
  'violations',
  'handouts',
  'waiting',
  'held',
  'secondPolls',
  'reset',
] as const

export async function answerControl(hands: Hands, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = (status: number, value: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value ?? null))
  }
  // A page in a browser always says where it comes from: none has a business here.
  if (request.method !== 'POST' || request.headers.origin !== undefined) return answer(405, { error: 'POST' })
  try {
    const name = (request.url ?? '').slice(1)
    const work = workOf(hands, name)
    if (work === null) return answer(404, { error: `no control ${name}` })
    answer(200, work(...(await argumentsOf(request))))
  } catch (error) {
    answer(400, { error: error instanceof Error ? error.message : 'unknown' })
  }
}

/** The arguments are what a test wrote: it speaks to the same interface as in its own process. */
function workOf({ phone, controls }: Hands, name: string): ((...args: never[]) => unknown) | null {
  const ofPhone = PHONE.find(one => one === name)
  if (ofPhone !== undefined) return phone[ofPhone]
  const ofControls = CONTROLS.find(one => one === name)
  return ofControls === undefined ? null : controls[ofControls]
}

async function argumentsOf(request: IncomingMessage): Promise<never[]> {
  const chunks: Buffer[] = []
  let received = 0
  for await (const chunk of request) {
    received += chunk.length
    if (received > LONGEST_BODY_BYTES) throw new Error('too long')
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  const list: unknown = text === '' ? [] : JSON.parse(text, reviveBytes)
  if (!Array.isArray(list)) throw new Error('the arguments are a list')
  return list as never[]
}

/** Bytes are written as `{ "base64": "…" }`: `Content` has them as a Buffer. */
function reviveBytes(_key: string, value: { base64?: Content } | unknown): unknown {
  const isBytes = typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string'
  return isBytes ? Buffer.from(String(value.base64), 'base64') : value
}
