import type { Clock } from '../core/clock.ts'
import type { OpenclawSettings } from '../core/environment.ts'
import type { FetchLike } from '../core/fetch.ts'
import type { Language } from '../core/i18n.ts'
import type { Logger } from '../core/logger.ts'
import type { DataFolder } from '../store/data-folder.ts'
import type { Database } from '../store/database.ts'
import type { FileLayer } from '../store/files.ts'

/** What a daemon gets from whoever starts it: the command, the demo, a test. */
export interface DaemonOptions {
  readonly folder: DataFolder
  /** null: no lock on the identity. */
  readonly stateFolder: string | null
  /** Where the control socket lies when the path of the data folder is too long for one. */
  readonly runtimeFolder: string
  readonly clock: Clock
  readonly fetch: FetchLike
  /** For what is pushed on, and for waking the agent; connections are kept. Left out: the same. */
  readonly pushFetch?: FetchLike
  /** What the environment names of OpenClaw. */
  readonly openclaw?: Partial<OpenclawSettings>
  readonly log: Logger
  readonly version: string
  readonly language: Language
  readonly files?: FileLayer
  /** Stands between the store and SQLite, so that a test can make any statement fail, as `files` does for the files. */
  readonly wrapDatabase?: (database: Database) => Database
  /** A sentence for whoever sits at the terminal. */
  readonly say?: (text: string) => void
  /** The files show everything up to this seq. */
  readonly onWritten?: (seq: number) => void
}
