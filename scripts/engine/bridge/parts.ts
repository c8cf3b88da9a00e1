import type { Contact } from '../../core/adapter.ts'
import type { Clock } from '../../core/clock.ts'
import type { Config } from '../../core/config.ts'
import type { Language } from '../../core/i18n.ts'
import type { Logger } from '../../core/logger.ts'
import type { Writer } from '../../store/writer.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { StatusBoard } from '../status-board.ts'

/** What the bridge works with. It knows channels by what may be asked of them, and reaches people through the outbox. */
export interface BridgeOptions {
  readonly writer: Writer
  readonly clock: Clock
  readonly log: Logger
  readonly board: Pick<StatusBoard, 'post' | 'remove'>
  readonly outbox: Pick<Outbox, 'submit'>
  /** What could be sent to them now. @throws ConfigError where there is no such account */
  readonly reach: (account: string, user: string) => BridgeReach
  /** Who scanned, as WeChat spells them; null: there is no such account, or nobody knows. */
  readonly ownUser: (account: string) => string | null
  /** Of the account at the relay. @throws ConfigError where nobody is registered */
  readonly contacts: () => readonly Contact[]
  /** Of a file that is kept; null: it is not there. @param path within the data folder */
  readonly sizeOfFile: (path: string) => Promise<number | null>
  readonly language: () => Language
}

/** As the adapter says it. */
export type BridgeReach =
  | { readonly kind: 'open'; readonly user: string; readonly remaining: number; readonly of: number }
  | { readonly kind: 'used_up' | 'too_old' }
  /** They have to write first. */
  | { readonly kind: 'never_wrote' }
  | { readonly kind: 'not_allowed' }

export type Routes = Config['routes']
