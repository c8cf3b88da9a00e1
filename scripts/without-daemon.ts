import type { Clock } from './core/clock.ts'
import { utcSeconds } from './core/clock.ts'
import { type Config, isRegistered, parseConfig } from './core/config.ts'
import type { OpenclawSettings } from './core/environment.ts'
import { ConfigError, errorCode } from './core/errors.ts'
import type { FetchLike } from './core/fetch.ts'
import type { Logger } from './core/logger.ts'
import type { ActionContext } from './engine/actions/action.ts'
import type { Shared } from './engine/context.ts'
import { createDesk } from './engine/desk.ts'
import { createIngest } from './engine/ingest.ts'
import { createRelaySession, notRegistered, type RelaySession } from './engine/relay-session.ts'
import { createStatusBoard } from './engine/status-board.ts'
import { openStorage } from './engine/storage.ts'
import { createTakeDown } from './engine/take-down.ts'
import { createWechatAccounts } from './engine/wechat/accounts.ts'
import { createChannelLog } from './projections/channel-log.ts'
import { readConfigFile } from './store/config-file.ts'
import type { DataFolder } from './store/data-folder.ts'
import { nodeFiles } from './store/files.ts'

/**
 * The other composition root: what of the daemon a command needs that does its work by itself, because no daemon runs
 * (design §3). The caller holds the lock of the folder.
 */
export interface AloneOptions {
  readonly folder: DataFolder
  /** Where the locks of identities lie. */
  readonly stateFolder: string
  readonly clock: Clock
  readonly fetch: FetchLike
  /** What the environment names of OpenClaw. */
  readonly openclaw: Partial<OpenclawSettings>
  readonly log: Logger
  readonly version: string
  readonly signal: AbortSignal
  readonly progress: ActionContext['progress']
}

/** @throws whatever `work` throws; ConfigError and StorageError when the folder can not be used */
export async function workAlone<T>(options: AloneOptions, work: (context: ActionContext) => Promise<T>): Promise<T> {
  const { folder, clock, log, signal } = options
  let refused = false
  const undo = createTakeDown({ clock, log, isStuck: () => refused })
  try {
    const channelLog = createChannelLog({
      path: folder.file('sse_channel.log'),
      files: nodeFiles,
      clock,
      onFault: error => log.error('the channel log can not be written', { error: errorCode(error) }),
    })
    undo.push(() => channelLog.close())
    const storage = await openStorage({
      folder,
      files: nodeFiles,
      clock,
      log,
      channelLog,
      wrapDatabase: undefined,
      onWritten: undefined,
      onRefused: () => {
        refused = true
      },
      onRecovered: () => {
        refused = false
      },
      onReplaced: () => undefined,
      signal,
    })
    const { writer, projector } = storage
    undo.push(() => storage.close())
    undo.push(() => projector.stop(), { waitsForStore: true })

    const board = createStatusBoard({ writer, clock, log, onCommit: projector.kick })
    await board.put('holder', { pid: process.pid, kind: 'command', startedAt: utcSeconds(clock.now()) })
    undo.push(() => board.remove('holder'), { waitsForStore: true })

    const ingest = createIngest({ writer, clock, onCommit: projector.show, room: projector.room })
    undo.push(() => ingest.stop(), { waitsForStore: true })

    const shared: Shared = { folder, clock, fetch: options.fetch, log, channelLog, board, ingest }
    const written = readConfig(folder, options.openclaw)
    const config = written !== null && isRegistered(written) ? written : null
    const wechat = createWechatAccounts({
      ...options,
      shared,
      writer,
      polls: false,
      onWrote: () => undefined,
      onLogin: () => undefined,
    })
    wechat.apply(written)
    await wechat.changed()
    undo.push(() => wechat.stop())
    const session = config === null ? null : startSession(shared, config, signal)
    const desk = createDesk({
      folder,
      files: nodeFiles,
      stateFolder: options.stateFolder,
      clock,
      log,
      writer,
      projector,
      ingest,
      config: () => config,
      relay: () => requireSession(session),
      wechat,
      // What is queued is the next daemon's.
      queues: { kick: () => undefined },
      isDaemon: false,
    })
    const { outbox } = desk
    undo.push(() => outbox.stop(), { waitsForStore: true })
    await outbox.start()

    return await work({ ...desk, signal, progress: options.progress })
  } finally {
    await undo.run()
  }
}

function startSession(shared: Shared, config: Config, signal: AbortSignal): RelaySession {
  const session = createRelaySession(shared, { config, signal })
  shared.board.post('account', { key: session.account })
  return session
}

function requireSession(session: RelaySession | null): RelaySession {
  if (session === null) throw notRegistered()
  return session
}

/** null: there is none, or it is not valid. What is wrong with it is `doctor`'s to say. */
function readConfig(folder: DataFolder, openclaw: Partial<OpenclawSettings>): Config | null {
  const file = readConfigFile(folder.file('config.json'))
  if (file.kind !== 'text') return null
  try {
    return parseConfig(file.text, openclaw).config
  } catch (error) {
    if (error instanceof ConfigError) return null
    throw error
  }
}
