/**
 * Faults `earlyDeletion` and `sharedRows`, RC §7.2. The original looks for rows, deletes them and sends them, in this
 * order and with other requests in between: a cut reply loses its rows, and reads that overlap return the same ones.
 */

import { blockText } from '../block-text.ts'
import { readMessagesBy, type TakeRows, twoTurns } from '../endpoints/messages.ts'
import type { Faults } from '../faults.ts'
import type { Reservation, StoredMessage } from '../inbox-store.ts'
import type { Endpoint } from '../relay.ts'

export function carelessReading({ earlyDeletion, sharedRows }: Faults): Endpoint {
  const ledger = createLedger()
  const take: TakeRows = async (relay, call, { user, ...filter }) => {
    const rows = sharedRows ? relay.inbox.share(user.id, filter) : relay.inbox.reserve(user.id, filter)
    const lose = (message: StoredMessage) =>
      relay.observe({ kind: 'lost', userId: user.id, payload: blockText(message) })
    if (earlyDeletion) return deleteEarly(rows, () => twoTurns(relay), ledger.enter(rows.messages, lose))
    await twoTurns(relay)
    if (!call.response.destroyed) return rows
    rows.release()
    return null
  }
  return readMessagesBy(take)
}

/** Deletes before anything is sent; what a reply has not carried as a whole in the end is lost. */
async function deleteEarly(
  rows: Reservation,
  pause: () => Promise<void>,
  settle: (complete: boolean) => void,
): Promise<Reservation> {
  await pause()
  try {
    rows.remove()
  } catch (error) {
    // They are all still there.
    settle(true)
    rows.release()
    throw error
  }
  return { ...rows, remove: () => settle(true), release: () => settle(false) }
}

/** Which replies carry which deleted row: it is lost when the last of them failed and none arrived. */
function createLedger() {
  const rows = new Map<number, { replies: number; isDelivered: boolean }>()
  return {
    enter(messages: readonly StoredMessage[], lose: (message: StoredMessage) => void) {
      for (const { id } of messages) {
        const { replies, isDelivered } = rows.get(id) ?? { replies: 0, isDelivered: false }
        rows.set(id, { replies: replies + 1, isDelivered })
      }
      return (complete: boolean) => {
        for (const message of messages) {
          const row = rows.get(message.id)
          if (row === undefined) continue
          row.replies -= 1
          row.isDelivered ||= complete
          if (row.replies > 0) continue
          rows.delete(message.id)
          if (!row.isDelivered) lose(message)
        }
      }
    },
  }
}
