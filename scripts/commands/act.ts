import { createTransport } from '../adapters/transport.ts'
import { OutcomeUnknownError } from '../core/errors.ts'
import type { Progress } from '../engine/actions/action.ts'
import { performAction } from '../engine/actions/perform.ts'
import { askDaemon, BrokenOffError, NobodyThereError } from '../server/control-client.ts'
import { readControlPlace } from '../store/control-place.ts'
import { requireDataFolder } from '../store/data-folder.ts'
import type { Lock } from '../store/lock.ts'
import { alreadyRunning, tryOwnFolder } from '../store/ownership.ts'
import { workAlone } from '../without-daemon.ts'
import type { CommandContext } from './command.ts'

export interface ActOptions {
  /** Doing it twice is the same as doing it once: then a daemon that goes away in the middle is no trouble. */
  readonly repeatable?: boolean
  readonly onProgress?: (progress: Progress) => void
}

/** Commands wait for each other, and for a daemon that starts or stops. */
const WAIT_MS = 30_000
const LOOK_AGAIN_MS = 50
/** A daemon that stops hears its requests out for 35 s before another one can tell what became of them. */
const WAIT_FOR_STOP_MS = 45_000

/**
 * Has an action done by whoever holds the data folder: the running daemon, or this command itself (design §3).
 *
 * @throws AppError; OutcomeUnknownError when the daemon went away in the middle of something that is not repeatable
 */
export async function act<Result>(
  context: CommandContext,
  action: string,
  params: object,
  { repeatable = false, onProgress = () => undefined }: ActOptions = {},
): Promise<Result> {
  const folder = context.folder()
  requireDataFolder(folder)
  const { clock, interrupted: signal } = context
  let until = clock.monotonic() + WAIT_MS
  let broken: BrokenOffError | undefined
  for (;;) {
    signal.throwIfAborted()
    const lock = tryOwnFolder(folder)
    if (lock !== null) return (await doAlone(context, lock, { action, params, onProgress })) as Result
    try {
      const place = readControlPlace(folder)
      if (place !== null) {
        const request = { token: place.token, action, params }
        return (await askDaemon(place.socket, request, { signal, onProgress })) as Result
      }
    } catch (error) {
      if (error instanceof BrokenOffError) {
        if (!repeatable) throw brokenOff(error)
        if (broken === undefined) until = clock.monotonic() + WAIT_FOR_STOP_MS
        broken = error
      } else if (!(error instanceof NobodyThereError)) throw error
    }
    // What was handed over once may have been done, whoever has the folder now.
    if (clock.monotonic() >= until) throw broken === undefined ? alreadyRunning(folder) : brokenOff(broken)
    await clock.sleep(LOOK_AGAIN_MS + clock.random() * LOOK_AGAIN_MS, signal)
  }
}

async function doAlone(
  context: CommandContext,
  lock: Lock,
  { action, params, onProgress }: { action: string; params: object; onProgress: (progress: Progress) => void },
): Promise<unknown> {
  const transport = createTransport(context.environment.proxy)
  try {
    const { clock, log, interrupted: signal } = context
    const { stateFolder, openclaw } = context.environment
    const alone = {
      folder: context.folder(),
      stateFolder,
      clock,
      fetch: transport.fetch,
      openclaw,
      log,
      version: context.version,
      signal,
      progress: onProgress,
    }
    return await workAlone(alone, desk => performAction(action, params, desk))
  } finally {
    lock.release()
    await transport.close()
  }
}

function brokenOff(cause: unknown): OutcomeUnknownError {
  return new OutcomeUnknownError(
    {
      en: 'The daemon went away before it answered: it may or may not have been done.',
      zh: '守护进程在答复前已退出：操作可能已生效，也可能没有。',
    },
    {
      nextStep: {
        en: 'Look first ("status", "friends", "user <id>"), then decide whether to repeat it.',
        zh: '请先查看（"status"、"friends"、"user <编号>"），再决定是否重试。',
      },
      cause,
    },
  )
}
