import type { Bell } from '../../core/bell.ts'
import type { ClientFacts } from '../../protocol/ilink/headers.ts'
import type { Credentials } from '../../protocol/ilink/login.ts'

/** What every request says of us. */
export interface IlinkFacts extends ClientFacts {
  readonly botAgent: string
}

/** What of the configuration may change while the adapter runs. */
export interface IlinkSettings {
  /** People who may write besides the one who scanned, as WeChat spells them. */
  readonly allow: readonly string[]
  /** Larger files are not fetched. */
  readonly fileMaxBytes: number
  /** All files that are kept. */
  readonly folderMaxBytes: number
}

/** "Size cap 100 MB" (IL §8); twenty of them. */
export const USUAL_FILE_MAX_BYTES = 100 * 1024 * 1024
export const USUAL_FOLDER_MAX_BYTES = 2 * 1024 * 1024 * 1024

export interface IlinkOptions {
  /** As addresses name it: `main` in `wechat:main/<user>`. It stays the same when a new login gives another bot. */
  readonly account: string
  readonly facts: IlinkFacts
  readonly cdnUrl: string
  /** Read at each use. */
  readonly credentials: () => Credentials
  readonly settings: () => IlinkSettings
  /** Rings when credentials or settings may have changed. */
  readonly changed: Bell
}
