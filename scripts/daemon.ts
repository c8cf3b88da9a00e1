import { type Clock, utcSeconds } from './core/clock.ts'
import { errorCode } from './core/errors.ts'
import type { FetchLike } from './core/fetch.ts'
import type { Language } from './core/i18n.ts'
import type { Logger } from './core/logger.ts'
import { createConfiguration } from './engine/configuration.ts'
import { createIngest } from './engine/ingest.ts'
import { createRelayAccount } from './engine/relay-account.ts'
import { createStatusBoard, type StatusBoard } from './engine/status-board.ts'
import { createChannelLog } from './projections/channel-log.ts'
import { JSON_FILES } from './projections/json-projection.ts'
import { createProjector } from './projections/projector.ts'
import { watchConfigFile } from './store/config-watch.ts'
import { createDataFolder, type DataFolder, strayFiles } from './store/data-folder.ts'
import { type FileLayer, nodeFiles, removeTemporaries } from './store/files.ts'
import { ownFolder } from './store/ownership.ts'
import { openState } from './store/state.ts'

/**
 * The composition root: builds every part, in order, and takes them down in the opposite order. No part knows of the
 * ones that come after it.
 */
export interface Daemon {
  /** Finishes the work in hand and stops. */
  stop(reason: string): Promise<void>
}

export interface DaemonOptions {
  readonly folder: DataFolder
  /** null: no lock on the identity. */
  readonly stateFolder: string | null
  readonly clock: Clock
  readonly fetch: FetchLike
  readonly log: Logger
  readonly version: string
  readonly language: Language
  readonly files?: FileLayer
  /** A sentence for whoever sits at the terminal. */
  readonly say?: (text: string) => void
  /** The files show everything up to this seq. */
  readonly onWritten?: (seq: number) => void
}

/** @throws ConfigError when the folder can not be used or another daemon works in it; StorageError */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { folder, clock, log, files = nodeFiles } = options
  const undo: (() => Promise<void> | void)[] = []
  let stopReason: string | undefined
  /** Not there until the store is open. */
  let board: StatusBoard | undefined

  /** One step that fails must not keep the lock or the files of the others open. */
  async function takeDown(): Promise<void> {
    for (const step of undo.splice(0).reverse()) {
      try {
        await step()
      } catch (error) {
        log.error('a part did not stop as it should', { error: errorCode(error) })
      }
    }
  }

  try {
    createDataFolder(folder)
    const lock = await ownFolder(folder, clock)
    undo.push(() => lock.release())

    const channelLog = createChannelLog({
      path: folder.file('sse_channel.log'),
      files,
      clock,
      onFault: error => log.error('the channel log can not be written', { error: errorCode(error) }),
    })
    undo.push(() => {
      if (stopReason !== undefined) channelLog.event('DAEMON_STOPPED', { reason: stopReason })
      return channelLog.close()
    })

    const writer = openState(folder, clock, {
      onFault(reason) {
        channelLog.event('STORAGE_FAULT', { file: 'state.db', reason })
        log.error('the database refuses to write; received messages wait in memory', { reason })
      },
      onRecovered() {
        channelLog.event('STORAGE_RECOVERED', { file: 'state.db' })
        log.info('the database writes again')
      },
      onMovedAside(to, reason) {
        channelLog.event('STORAGE_FAULT', { file: 'state.db', reason, moved_to: to })
        log.error('the database was damaged; it was moved aside whole and a new one was started', { to, reason })
        board?.repeat()
      },
      onImported({ records, nextSeq }) {
        if (records > 0) log.info('history was taken over from conversations.md', { records, next_seq: nextSeq })
      },
    })
    undo.push(() => writer.close())

    await removeTemporaries(folder.path, [...JSON_FILES])
    const projector = createProjector({
      folder,
      files,
      writer,
      clock,
      onFault(file, reason) {
        channelLog.event('STORAGE_FAULT', { file, reason })
        log.error('a file can not be written; its content is safe in the database', { file, reason })
      },
      onRecovered(file) {
        channelLog.event('STORAGE_RECOVERED', { file })
        log.info('the file is complete again', { file })
      },
      onSetAside(file, to) {
        channelLog.event('STORAGE_FAULT', { file, reason: 'not_json', moved_to: to })
        log.warn('a file was no JSON object; it was put aside', { file, to })
      },
      ...(options.onWritten === undefined ? {} : { onWritten: options.onWritten }),
    })
    undo.push(() => projector.stop())

    const states = createStatusBoard({ writer, clock, log, onCommit: projector.kick })
    board = states
    const startedAt = utcSeconds(clock.now())
    await Promise.all([
      states.put('holder', { pid: process.pid, kind: 'daemon', startedAt }),
      states.put('daemon', { version: options.version, node: process.version }),
    ])
    undo.push(() => states.remove('holder'))

    const ingest = createIngest({ writer, clock, onCommit: projector.kick })
    undo.push(() => ingest.stop())
    await ingest.resume()
    projector.kick()

    channelLog.event('DAEMON_STARTED', { version: options.version, pid: process.pid })
    for (const name of strayFiles(folder))
      log.warn('a file in the data folder could be taken for instructions', { name })

    const account = createRelayAccount(
      { clock, fetch: options.fetch, log, channelLog, board: states, ingest },
      { folder, stateFolder: options.stateFolder },
    )
    undo.push(() => account.stop())

    const config = createConfiguration({
      path: folder.file('config.json'),
      log,
      language: options.language,
      say: options.say ?? (() => undefined),
      apply: account.apply,
      event: channelLog.event,
      tell: status => states.post('config', status),
    })
    config.read()
    undo.push(
      watchConfigFile(folder.file('config.json'), {
        clock,
        onChange: config.read,
        onError: code => log.warn('config.json is not watched, it is looked at every 20 s', { code }),
      }),
    )

    return {
      async stop(reason) {
        log.info('stopping', { reason })
        stopReason = reason
        await takeDown()
      },
    }
  } catch (error) {
    await takeDown()
    throw error
  }
}
