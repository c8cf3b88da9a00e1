import { readEntry } from '../../store/outbox.ts'
import { waitingIds } from '../../store/wechat-waiting.ts'
import { isSettled } from '../outbox/settlement.ts'
import type { ActionContext } from './action.ts'

/** Why they were not sent, as `history` shows it. */
const REASON = 'logged_out'

/**
 * Takes back what waits in the name of an account.
 *
 * @param waitMs for what is under way
 * @returns how many were taken back
 */
export async function withdrawAll(
  { writer, outbox, signal }: ActionContext,
  sink: string,
  { waitMs }: { waitMs: number },
): Promise<number> {
  let count = 0
  for (const id of waitingIds(writer.database, sink)) {
    const entry = readEntry(writer.database, id)
    if (entry === null) continue
    let done = await outbox.withdraw(entry, REASON)
    if (!done && waitMs > 0) {
      const { state } = await outbox.outcomeOf(id, { waitMs, signal })
      done = !isSettled(state) && (await outbox.withdraw(entry, REASON))
    }
    if (done) count++
  }
  return count
}
