/** `GET /health` and `GET /stats`: RC §3. */

import type { Outcome, Relay } from '../relay.ts'
import { json } from '../replies.ts'

export function health(): Outcome {
  return json({ status: 'ok' })
}

/** Transcripts 901 and 908: accounts, accepted friendships, and every message ever accepted, notices included. */
export function stats(relay: Relay): Outcome {
  return json({
    users: relay.users.count(),
    friendships: relay.relations.countFriendships(),
    messages: relay.inbox.acceptedEver(),
  })
}
