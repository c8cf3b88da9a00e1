/** `GET /messages`: RC §4.2. Reading deletes, but only what the client can have got. */

import { blockText, inboxText } from '../block-text.ts'
import { caller } from '../caller.ts'
import { type Checked, insist, integerText, valid } from '../checks.ts'
import type { Filter, Reservation } from '../inbox-store.ts'
import type { User } from '../messages.ts'
import type { Call, Endpoint, Relay } from '../relay.ts'
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
export async function twoTurns({ clock }: Relay): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise<void>(resolve => clock.afterTurn(resolve))
}

export interface Read extends Filter {
  readonly user: User
}

/** Gets the rows for a reply; null when nobody is left to read it. */
export type TakeRows = (relay: Relay, call: Call, read: Read) => Promise<Reservation | null>

const takeCarefully: TakeRows = async (relay, call, { user, ...filter }) => {
  await twoTurns(relay)
  return call.response.destroyed ? null : relay.inbox.reserve(user.id, filter)
}

export function readMessagesBy(take: TakeRows): Endpoint {
  return async (relay, call) => {
    const read = insist({ user: caller(relay, call), limit: limitOf(call.query), fromId: fromIdOf(call.query) })
    const reservation = await take(relay, call, read)
    if (reservation === null) return 'taken'
    const blocks = reservation.messages.map(blockText)
    return {
      ...text(inboxText({ blocks, total: reservation.total, limit: read.limit, fromId: read.fromId })),
      settled(complete) {
        if (!complete) return reservation.release()
        reservation.remove()
        relay.observe({ kind: 'drained', userId: read.user.id, payloads: blocks })
      },
    }
  }
}

export const readMessages = readMessagesBy(takeCarefully)
