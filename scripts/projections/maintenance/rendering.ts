import type { Clock } from '../../core/clock.ts'
import { dueMessages, type StoredMessage, weightOf } from '../../store/messages.ts'
import type { Writer } from '../../store/writer.ts'
import { recordText } from '../conversations.ts'
import { inboxText } from '../inbox-pushed.ts'
import type { AppendedFile } from './maintenance.ts'

/** What a file that is written anew shows of a message. */
export const RENDER: Readonly<Record<AppendedFile, (message: StoredMessage) => string>> = {
  'inbox_pushed.md': inboxText,
  'conversations.md': recordText,
}

/** So many are read and rendered at a time; of large ones fewer, down to one. */
const AT_ONCE = 100
const BYTES_AT_ONCE = 512 * 1024

/** Messages that are shown, from behind `afterSeq` up to `upTo`, a few at each turn of the event loop. */
export async function* shownMessages(
  { writer, clock }: { writer: Writer; clock: Clock },
  { afterSeq, upTo }: { afterSeq: number; upTo: number },
): AsyncGenerator<readonly StoredMessage[]> {
  let limit = 1
  for (let seq = afterSeq; seq < upTo; ) {
    const messages = dueMessages(writer.database, seq, limit).filter(one => one.seq <= upTo)
    const last = messages.at(-1)
    if (last === undefined) return
    yield messages
    seq = last.seq
    const bytes = messages.reduce((sum, one) => sum + weightOf(one), 0)
    limit = Math.max(1, Math.min(AT_ONCE, 2 * messages.length, Math.floor((BYTES_AT_ONCE * messages.length) / bytes)))
    await nextTurn(clock)
  }
}

/** For work that would keep everybody else waiting. */
export function nextTurn(clock: Clock): Promise<void> {
  return new Promise(resolve => clock.afterTurn(resolve))
}
