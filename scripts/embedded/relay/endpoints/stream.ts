/** `GET /stream`: RC §6. */

import { randomBytes } from 'node:crypto'
import { utcSeconds } from '../../../core/clock.ts'
import { caller } from '../caller.ts'
import { insist } from '../checks.ts'
import type { Call, Endpoint } from '../relay.ts'
import type { Reply } from '../replies.ts'

/** `x-request-id` is "ours, or 8 hex digits". */
const REQUEST_ID_BYTES = 4

export interface StreamRules {
  /** `event: log` behind the head, and the request's id in it; without it nothing comes before the first message or ping. */
  readonly log: boolean
  /** What a second stream of one IP gets; null: as many as one likes. */
  readonly refusal: Reply | null
}

export const currentStream: StreamRules = { log: true, refusal: null }

function greetingOf(call: Call, { requestId, userId, at }: { requestId: string; userId: number; at: number }): string {
  return (
    `event: log\ndata: stream_connected request_id=${requestId} user_id=${userId} ` +
    `ip=${call.clientIp} ts=${utcSeconds(at)}\n\n`
  )
}

export function openStreamBy({ log, refusal }: StreamRules): Endpoint {
  return (relay, call) => {
    const { user } = insist({ user: caller(relay, call) })
    if (refusal !== null && relay.hub.hasStreamFrom(call.clientIp)) return refusal
    const given = call.request.headers['x-request-id']
    const requestId = typeof given === 'string' && given !== '' ? given : randomBytes(REQUEST_ID_BYTES).toString('hex')
    const at = relay.clock.now()
    // Nobody hung up yet that we know of; whoever did is found out by the first write (RC §7.2, dead registrations).
    call.response.writeHead(200, {
      date: new Date(at).toUTCString(),
      'cache-control': 'no-cache',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
      ...(log ? { 'x-request-id': requestId } : {}),
      'content-type': 'text/event-stream; charset=utf-8',
    })
    relay.hub.open({
      userId: user.id,
      response: call.response,
      clientIp: call.clientIp,
      greeting: log ? greetingOf(call, { requestId, userId: user.id, at }) : '',
    })
    return 'taken'
  }
}
