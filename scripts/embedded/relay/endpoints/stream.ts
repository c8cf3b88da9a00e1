/** `GET /stream`: RC §6. */

import { randomBytes } from 'node:crypto'
import { utcSeconds } from '../../../core/clock.ts'
import { caller } from '../caller.ts'
import { insist } from '../checks.ts'
import type { Call, Outcome, Relay } from '../relay.ts'

/** `x-request-id` is "ours, or 8 hex digits". */
const REQUEST_ID_BYTES = 4

export function openStream(relay: Relay, call: Call): Outcome {
  const { user } = insist({ user: caller(relay, call) })
  const given = call.request.headers['x-request-id']
  const requestId = typeof given === 'string' && given !== '' ? given : randomBytes(REQUEST_ID_BYTES).toString('hex')
  const openedAt = relay.clock.now()
  // Nobody hung up yet that we know of; whoever did is found out by the first write (RC §7.2, dead registrations).
  if (call.response.destroyed) return 'taken'
  call.response.writeHead(200, {
    date: new Date(openedAt).toUTCString(),
    'cache-control': 'no-cache',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
    'x-request-id': requestId,
    'content-type': 'text/event-stream; charset=utf-8',
  })
  relay.hub.open({
    userId: user.id,
    response: call.response,
    greeting:
      `event: log\ndata: stream_connected request_id=${requestId} user_id=${user.id} ` +
      `ip=${call.clientIp} ts=${utcSeconds(openedAt)}\n\n`,
  })
  return 'taken'
}
