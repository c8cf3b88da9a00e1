/** `GET /messages`: RC §4.2. Reading deletes, but only what the client can have got. */

import { blockText, inboxText } from '../block-text.ts'
import { caller } from '../caller.ts'
import { type Checked, insist, integerText, valid } from '../checks.ts'
import type { Call, Outcome, Relay } from '../relay.ts'
import { text } from '../replies.ts'

const DEFAULT_LIMIT = 100
const LARGEST_LIMIT = 500

function limitOf(query: URLSearchParams): Checked<number> {
  const given = query.getAll('limit').at(-1)
  return given === undefined
    ? valid(DEFAULT_LIMIT)
    : integerText(given, ['query', 'limit'], { min: 1, max: LARGEST_LIMIT })
}

function fromIdOf(query: URLSearchParams): Checked<number | null> {
  const given = query.getAll('from_id').at(-1)
  return given === undefined ? valid(null) : integerText(given, ['query', 'from_id'])
}

/** Two turns of the event loop: the time it takes to notice a hang-up that came together with the request. */
async function hasHungUp({ clock }: Relay, { response }: Call): Promise<boolean> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise<void>(resolve => clock.afterTurn(resolve))
  return response.destroyed
}

export async function readMessages(relay: Relay, call: Call): Promise<Outcome> {
  const { user, limit, fromId } = insist({
    user: caller(relay, call),
    limit: limitOf(call.query),
    fromId: fromIdOf(call.query),
  })
  if (await hasHungUp(relay, call)) return 'taken'
  const reservation = relay.inbox.reserve(user.id, { limit, fromId })
  const blocks = reservation.messages.map(blockText)
  return {
    ...text(inboxText({ blocks, total: reservation.total, limit, fromId })),
    settled(complete) {
      if (!complete) return reservation.release()
      reservation.remove()
      relay.observe({ kind: 'drained', userId: user.id, payloads: blocks })
    },
  }
}
