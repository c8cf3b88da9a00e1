import { utcSeconds } from './core/clock.ts'
import type { Config } from './core/config.ts'
import { errorCode, errorPlace } from './core/errors.ts'
import { type Bilingual, inLanguage } from './core/i18n.ts'
import { type Channels, createChannels } from './daemon/channels.ts'
import type { DaemonOptions } from './daemon/options.ts'
import { createOutward, type Outward } from './daemon/outward.ts'
import { createServices, type Services } from './daemon/services.ts'
import { createStorageGate } from './daemon/storage-gate.ts'
import { performAction } from './engine/actions/perform.ts'
import { createConfiguration } from './engine/configuration.ts'
import { createChannelEvents } from './engine/delivery/channel-events.ts'
import { createDesk } from './engine/desk.ts'
import { createIngest } from './engine/ingest.ts'
import type { Outbox } from './engine/outbox/outbox.ts'
import { createStatusBoard, type StatusBoard } from './engine/status-board.ts'
import { openStorage } from './engine/storage.ts'
import { createTakeDown } from './engine/take-down.ts'
import { createChannelLog } from './projections/channel-log.ts'
import { openControlDoor } from './server/control-door.ts'
import { watchConfigFile } from './store/config-watch.ts'
import { createDataFolder, strayFiles } from './store/data-folder.ts'
import { nodeFiles } from './store/files.ts'
import { ownFolder } from './store/ownership.ts'
import { currentAccount } from './store/status.ts'

/**
 * The composition root: builds every part, in order, and takes them down in the opposite order. No part knows of the
 * ones that come after it.
 */
export interface Daemon {
  /** Finishes the work in hand and stops. */
  stop(reason: string): Promise<void>
}

/**
 * Resolves when everything runs. Where the disk takes nothing now it resolves too, and the start goes on by itself as
 * soon as it does: whoever waits is told, and can stop it meanwhile.
 *
 * @throws ConfigError when the folder can not be used or another daemon works in it; StorageError
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { folder, clock, log, files = nodeFiles } = options
  const stopping = new AbortController()
  let stopReason: string | undefined
  /** Writes that wait for it, and those that did when we were told to stop. */
  let waiting = () => 0
  let unsaved = 0
  /** Not there until the store is open. */
  let board: StatusBoard | undefined
  let outward: Outward | undefined
  let channels: Channels | undefined
  let services: Services | undefined
  const undo = createTakeDown({ clock, log, isStuck: () => gate.isRefused })
  const say = (text: Bilingual) => options.say?.(inLanguage(text, options.language))
  const gate = createStorageGate(say)

  const channelLog = createChannelLog({
    path: folder.file('sse_channel.log'),
    files,
    clock,
    onFault: error => log.error('the channel log can not be written', { error: errorCode(error) }),
  })

  async function start(): Promise<void> {
    const storage = await openStorage({
      folder,
      files,
      clock,
      log,
      channelLog,
      wrapDatabase: options.wrapDatabase,
      onWritten(seq) {
        options.onWritten?.(seq)
        outward?.committed()
        services?.committed()
      },
      onRefused: gate.refused,
      onRecovered: gate.recovered,
      onReplaced() {
        board?.repeat()
        channels?.wechat.repeat()
      },
      signal: stopping.signal,
    })
    const { writer, projector } = storage
    undo.push(async () => {
      await storage.close()
      if (!gate.isRefused || unsaved === 0) return
      channelLog.event('MESSAGE_AT_RISK', { reason: 'not_stored', writes: unsaved })
      log.error('the database refused to the end: what waited for it is not stored', { writes: unsaved })
    })
    undo.push(() => projector.stop(), { waitsForStore: true })
    waiting = () => writer.waiting

    const channelEvents = createChannelEvents(await writer.write(currentAccount), change => outward?.tell(change))
    const states = createStatusBoard({
      writer,
      clock,
      log,
      onCommit: projector.kick,
      onPut(key, facts) {
        channelEvents.noticed(key, facts)
        outward?.stateChanged()
      },
    })
    board = states
    const startedAt = utcSeconds(clock.now())
    await Promise.all([
      states.put('holder', { pid: process.pid, kind: 'daemon', startedAt }),
      states.put('daemon', { version: options.version, node: process.version }),
    ])
    stopping.signal.throwIfAborted()
    undo.push(() => states.remove('holder'), { waitsForStore: true })

    const ingest = createIngest({
      writer,
      clock,
      onCommit: projector.show,
      room: projector.room,
      onUnreadable: reason => log.error('the database can not be read', { reason }),
    })
    undo.push(() => ingest.stop(), { waitsForStore: true })
    await ingest.resume()
    stopping.signal.throwIfAborted()
    // Nothing is fetched before.
    gate.open()
    projector.kick()

    channelLog.event('DAEMON_STARTED', { version: options.version, pid: process.pid })
    for (const name of strayFiles(folder))
      log.warn('a file in the data folder could be taken for instructions', { name })

    const pushing = createOutward({
      writer,
      clock,
      fetch: options.pushFetch ?? options.fetch,
      log,
      board: states,
      channelLog,
      version: options.version,
    })
    outward = pushing
    undo.push(() => pushing.stop(), { waitsForStore: true })

    let outbox: Outbox | undefined
    const reached = createChannels(
      { folder, clock, fetch: options.fetch, log, channelLog, board: states, ingest },
      {
        writer,
        folder,
        stateFolder: options.stateFolder,
        version: options.version,
        onWrote(account, users) {
          outbox?.peersWrote(account, users)
          services?.wrote(account, users)
        },
        onLogin(account) {
          outbox?.loggedIn(account)
          services?.signedIn()
        },
      },
    )
    channels = reached
    undo.push(() => reached.stop(), { waitsForStore: true })

    let inForce: Config | null = null

    const config = createConfiguration({
      path: folder.file('config.json'),
      openclaw: options.openclaw ?? {},
      log,
      language: options.language,
      say: options.say ?? (() => undefined),
      apply(config) {
        inForce = config
        pushing.apply(config)
        reached.apply(config)
        // There is nothing to take in before the first time.
        if (config !== null) services?.apply(config)
      },
      event: channelLog.event,
      tell: status => states.post('config', status),
    })
    config.read()

    const desk = createDesk({
      folder,
      files,
      stateFolder: options.stateFolder,
      clock,
      log,
      writer,
      projector,
      ingest,
      config: () => inForce,
      relay: reached.relay.session,
      wechat: reached.wechat,
      queues: pushing,
      isDaemon: true,
    })
    const sending = desk.outbox
    outbox = sending
    undo.push(() => sending.stop(), { waitsForStore: true })
    // Not awaited: a database that refuses just now must not hold the rest up.
    sending.start().catch(error => log.error('the outbox was not started', { error: errorCode(error) }))
    const { language } = options
    const serving = createServices({ desk, ingest, board: states, language, say })
    services = serving
    undo.push(() => serving.stop(), { waitsForStore: true })
    if (inForce !== null) serving.apply(inForce)

    const control = await openControlDoor({
      folder,
      runtimeFolder: options.runtimeFolder,
      clock,
      log,
      perform: (action, params, call) => performAction(action, params, { ...desk, ...call }),
    })
    undo.push(() => control.close())

    undo.push(
      watchConfigFile(folder.file('config.json'), {
        clock,
        onChange: config.read,
        onError: code => log.warn('config.json is not watched, it is looked at every 20 s', { code }),
      }),
    )
  }

  try {
    createDataFolder(folder)
    const lock = await ownFolder(folder, clock)
    undo.push(() => lock.release())
    undo.push(async () => {
      await undo.stragglers()
      if (stopReason !== undefined) channelLog.event('DAEMON_STOPPED', { reason: stopReason })
      await channelLog.close()
    })
    const started = start()
    await Promise.race([started, gate.heldUp])
    // One that was held up fails later, if it does.
    started.catch(error => {
      if (!stopping.signal.aborted) log.error('the start failed', { error: errorCode(error), at: errorPlace(error) })
    })
  } catch (error) {
    await undo.run()
    throw error
  }

  return {
    async stop(reason) {
      log.info('stopping', { reason })
      stopReason = reason
      unsaved = gate.isOpen ? waiting() : 0
      stopping.abort(new DOMException('The daemon stops', 'AbortError'))
      await undo.run()
    },
  }
}
