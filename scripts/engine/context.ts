import type { AdapterContext } from '../core/adapter.ts'
import { type Clock, utcSeconds } from '../core/clock.ts'
import type { FetchLike } from '../core/fetch.ts'
import type { Logger } from '../core/logger.ts'
import type { ChannelLog } from '../projections/channel-log.ts'
import { readStatus, writeStatus } from '../store/status.ts'
import type { Writer } from '../store/writer.ts'
import type { Ingest } from './ingest.ts'

/** What every part of the running daemon shares. */
export interface Shared {
  readonly clock: Clock
  readonly fetch: FetchLike
  readonly log: Logger
  readonly channelLog: ChannelLog
  readonly writer: Writer
  readonly ingest: Ingest
  /** Something was committed that files may show. */
  readonly onCommit: () => void
}

/** Everything an adapter gets to see of the rest of the program. */
export function createContext(
  shared: Shared,
  { name, account, signal }: { name: string; account: string; signal: AbortSignal },
): AdapterContext {
  const { clock, fetch, channelLog, writer } = shared
  return {
    signal,
    clock,
    fetch,
    log: shared.log.with({ adapter: name }),
    transition: (event, fields) => channelLog.event(event, fields),
    serverSaid: text => channelLog.server(text),
    status: change => mergeStatus(shared, `adapter:${name}`, change),
    ...shared.ingest.for(name, account),
  }

  function mergeStatus({ onCommit }: Shared, key: string, change: Readonly<Record<string, unknown>>): void {
    writer
      .write(database =>
        writeStatus(database, key, { ...readStatus(database, key), ...change }, utcSeconds(clock.now())),
      )
      .then(onCommit, () => undefined)
  }
}
