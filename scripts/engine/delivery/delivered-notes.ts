import type { Clock } from '../../core/clock.ts'
import { errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { type Delivery, settleDelivered } from '../../store/deliveries.ts'
import { logRequest, type RequestRecord } from '../../store/request-log.ts'
import type { Writer } from '../../store/writer.ts'

/**
 * What was delivered is written down together: a commit each would take longer than most requests. Until it is, a crash
 * means that it goes out again, under the same id.
 */
export interface DeliveredNotes {
  /** It was delivered, whatever the queue says. */
  has(id: number): boolean
  readonly size: number
  /** Pending while more is to be written down than a crash should repeat. */
  add(delivery: Delivery, record: RequestRecord): Promise<void> | undefined
  /** Resolves when everything so far is written down. */
  write(): Promise<void>
}

const GATHER_MS = 20
const MOST = 50

export function createDeliveredNotes({
  writer,
  clock,
  log,
}: {
  writer: Writer
  clock: Clock
  log: Logger
}): DeliveredNotes {
  const notes = new Map<number, { readonly delivery: Delivery; readonly record: RequestRecord }>()
  let cancel: (() => void) | undefined
  let writing: Promise<void> = Promise.resolve()

  function write(): Promise<void> {
    cancel?.()
    cancel = undefined
    writing = writing
      .then(writeAll)
      .catch(error => log.error('deliveries were not written down', { error: errorCode(error) }))
    return writing
  }

  async function writeAll(): Promise<void> {
    // Those that a slow commit is just writing down are not here any more when the next one begins.
    const all = [...notes.values()]
    if (all.length === 0) return
    await writer.write(database => {
      for (const { delivery, record } of all) {
        settleDelivered(database, delivery, record.at)
        logRequest(database, record)
      }
    })
    for (const { delivery } of all) notes.delete(delivery.id)
  }

  return {
    has: id => notes.has(id),
    get size() {
      return notes.size
    },
    add(delivery, record) {
      notes.set(delivery.id, { delivery, record })
      if (notes.size >= MOST) return write()
      cancel ??= clock.after(GATHER_MS, () => void write())
      return undefined
    },
    write,
  }
}
