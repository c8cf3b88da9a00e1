import { z } from 'zod'
import type { FetchedInbox } from '../../adapters/relay/inbox.ts'
import type { Config } from '../../core/config.ts'
import { ConfigError, errorCode } from '../../core/errors.ts'
import type { Lock } from '../../store/lock.ts'
import { type IdentityLock, lockIdentity } from '../../store/ownership.ts'
import { readStatus } from '../../store/status.ts'
import { identityOf } from '../relay-session.ts'
import type { Action, ActionContext } from './action.ts'

export interface FetchResult {
  readonly fetched: number
  /** null: the relay's inbox is empty now. */
  readonly stopped: FetchedInbox['stopped']
}

/** The manual look into the relay's inbox. While the stream is up that only adds requests: everything comes by itself. */
export const fetchInbox: Action<{ force: boolean }, FetchResult> = {
  name: 'messages',
  params: z.object({ force: z.boolean() }),
  async run({ force }, context) {
    const { adapter, context: ctx, config } = context.relay()
    if (!force && context.isDaemon && isConnected(context)) throw streamIsUp()
    const lock = lockReading(config, context)
    try {
      const outcome = await adapter.fetchInbox(ctx)
      await context.projector.flush()
      return outcome
    } finally {
      lock?.release()
    }
  },
}

function isConnected({ writer }: ActionContext): boolean {
  return readStatus(writer.database, 'adapter:relay')?.['state'] === 'connected'
}

/**
 * Two readers of one account would take each other's messages: the relay deletes what it hands out.
 *
 * @returns null where this process has the lock already, or locks are not used
 * @throws ConfigError when another data folder has it
 */
function lockReading(config: Config, { stateFolder, folder, isDaemon }: ActionContext): Lock | null {
  if (stateFolder === null) return null
  let lock: IdentityLock
  try {
    lock = lockIdentity(stateFolder, identityOf(config), folder)
  } catch (error) {
    throw notLockable(errorCode(error))
  }
  if (lock.kind === 'held') return lock.lock
  if (isDaemon && lock.folder === folder.path) return null
  throw heldBy(lock.folder)
}

function heldBy(folder: string): ConfigError {
  return new ConfigError(
    { en: `This account is already served from ${folder}.`, zh: `该账号已由 ${folder} 使用。` },
    {
      nextStep: {
        en: 'Its messages arrive there. Use that folder, or stop its daemon first. Nothing was read.',
        zh: '消息会到达那里。请使用该目录，或先停止其守护进程。未读取任何内容。',
      },
    },
  )
}

function notLockable(reason: string): ConfigError {
  return new ConfigError(
    { en: `The lock of this account can not be taken (${reason}).`, zh: `无法获取该账号的锁（${reason}）。` },
    {
      nextStep: {
        en: 'Make the state folder (XDG_STATE_HOME) writable, or start a daemon with --no-identity-lock. Nothing was read.',
        zh: '请使状态目录（XDG_STATE_HOME）可写，或用 --no-identity-lock 启动守护进程。未读取任何内容。',
      },
    },
  )
}

function streamIsUp(): ConfigError {
  return new ConfigError(
    {
      en: 'The daemon is connected: messages are pushed, and nothing needs to be fetched.',
      zh: '守护进程已连接：消息会实时推送，无需手动读取。',
    },
    {
      nextStep: {
        en: 'Read them with "inbox". To look all the same: messages --force',
        zh: '用 "inbox" 阅读。仍要读取：messages --force',
      },
    },
  )
}
