import type { AdapterContext } from '../core/adapter.ts'
import type { Clock } from '../core/clock.ts'
import type { FetchLike } from '../core/fetch.ts'
import type { Logger } from '../core/logger.ts'
import type { ChannelLog } from '../projections/channel-log.ts'
import type { DataFolder } from '../store/data-folder.ts'
import { keepWithin } from '../store/kept-files.ts'
import type { Ingest } from './ingest.ts'
import type { StatusBoard } from './status-board.ts'

/** What every part of the running daemon shares. */
export interface Shared {
  readonly folder: DataFolder
  readonly clock: Clock
  readonly fetch: FetchLike
  readonly log: Logger
  readonly channelLog: ChannelLog
  readonly board: StatusBoard
  readonly ingest: Ingest
}

/** Everything an adapter gets to see of the rest of the program. */
export function createContext(
  shared: Shared,
  { name, account, signal }: { name: string; account: string; signal: AbortSignal },
): AdapterContext {
  const { clock, fetch, channelLog } = shared
  return {
    signal,
    clock,
    fetch,
    log: shared.log.with({ adapter: name }),
    transition: (event, fields) => channelLog.event(event, fields),
    serverSaid: text => channelLog.server(text),
    keep: (bytes, options) => keepWithin(shared.folder, bytes, options),
    status: change => shared.board.merge(`adapter:${name}`, change),
    ...shared.ingest.for(name, account),
  }
}
