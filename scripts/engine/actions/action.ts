import type { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import type { Config } from '../../core/config.ts'
import type { Logger } from '../../core/logger.ts'
import type { Projector } from '../../projections/projector.ts'
import type { DataFolder } from '../../store/data-folder.ts'
import type { FileLayer } from '../../store/files.ts'
import type { Writer } from '../../store/writer.ts'
import type { Deliveries } from '../delivery/deliveries.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { RelaySession } from '../relay-session.ts'
import type { WechatAccounts } from '../wechat/accounts.ts'

/**
 * Something that a command wants changed, or asked of the relay. It is done by whoever holds the lock of the data
 * folder: the running daemon, or the command itself (design §3).
 */
export interface Action<Params, Result> {
  readonly name: string
  /** What comes over the control socket is checked like everything else from outside. */
  readonly params: z.ZodType<Params>
  /** The result is JSON. @throws AppError for everything that the caller should know */
  run(params: Params, context: ActionContext): Promise<Result>
}

export interface ActionContext {
  readonly folder: DataFolder
  readonly files: FileLayer
  /** Where the locks of identities lie; null: they are not used (`--no-identity-lock`). */
  readonly stateFolder: string | null
  readonly clock: Clock
  readonly log: Logger
  readonly writer: Writer
  readonly projector: Projector
  /** The configuration in force; null when there is none that is valid. */
  readonly config: () => Config | null
  readonly outbox: Outbox
  /** What is pushed on; a command that changed a queue says so. */
  readonly queues: Pick<Deliveries, 'kick'>
  /** false: a command does it by itself, and no stream is open. */
  readonly isDaemon: boolean
  /** The account at the relay. @throws ConfigError where nobody is registered */
  readonly relay: () => RelaySession
  readonly wechat: Pick<WechatAccounts, 'session' | 'names' | 'changed'>
  /** Nobody waits for the outcome any more. */
  readonly signal: AbortSignal
  readonly progress: (progress: Progress) => void
}

/** Bytes. */
export interface Progress {
  readonly done: number
  readonly total: number
}
