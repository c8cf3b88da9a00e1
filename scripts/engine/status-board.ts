import { type Clock, utcSeconds } from '../core/clock.ts'
import { errorCode } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { clearStatus, readStatus, readStatuses, writeStatus } from '../store/status.ts'
import type { Writer } from '../store/writer.ts'

/**
 * What the daemon tells about itself, for `status`, the JSON files and a second daemon that wants to start. Kept here
 * too, so that a database that had to be replaced knows it again.
 */
export interface StatusBoard {
  /** Resolves after the commit. */
  put(key: string, value: Facts): Promise<void>
  /** The same, without waiting; a failure is logged. */
  post(key: string, value: Facts): void
  /** Changes some facts and keeps the others. */
  merge(key: string, change: Facts): void
  remove(key: string): Promise<void>
  /** Writes everything anew. */
  repeat(): void
  /** Removes what is told under keys that begin so and go on otherwise than one of these. */
  keepOnly(prefix: string, names: ReadonlySet<string>): Promise<void>
}

type Facts = Readonly<Record<string, unknown>>

export function createStatusBoard({
  writer,
  clock,
  log,
  onCommit,
  onPut = () => undefined,
}: {
  writer: Writer
  clock: Clock
  log: Logger
  onCommit: () => void
  /** Somebody says this of itself now. */
  onPut?: (key: string, facts: Facts) => void
}): StatusBoard {
  const board = new Map<string, Facts>()

  async function put(key: string, value: Facts): Promise<void> {
    board.set(key, value)
    onPut(key, value)
    await writer.write(database => writeStatus(database, key, value, utcSeconds(clock.now())))
    onCommit()
  }

  function post(key: string, value: Facts): void {
    put(key, value).catch(error => log.error('a state was not noted', { key, error: errorCode(error) }))
  }

  return {
    put,
    post,
    // A command that works without a daemon adds to what the last one said.
    merge: (key, change) => post(key, { ...(board.get(key) ?? readStatus(writer.database, key)), ...change }),
    remove(key) {
      board.delete(key)
      return writer.write(database => clearStatus(database, key))
    },
    keepOnly(prefix, names) {
      for (const key of board.keys()) {
        if (key.startsWith(prefix) && !names.has(key.slice(prefix.length))) board.delete(key)
      }
      return writer.write(database => {
        for (const name of readStatuses(database, prefix).keys()) {
          if (!names.has(name)) clearStatus(database, prefix + name)
        }
      })
    },
    repeat() {
      for (const [key, value] of board) post(key, value)
    },
  }
}
