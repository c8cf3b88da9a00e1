import type { ParseArgsOptionsConfig } from 'node:util'
import type { Clock } from '../core/clock.ts'
import type { Environment } from '../core/environment.ts'
import type { Bilingual, Language } from '../core/i18n.ts'
import type { Logger } from '../core/logger.ts'
import type { DataFolder } from '../store/data-folder.ts'

/** One command of the program. Its module is loaded only when it is called. */
export interface Command {
  /** What follows the name in the usage line, such as `<id>`. */
  readonly usage: string
  readonly about: Bilingual
  /** Lines that can be copied as they are. */
  readonly examples: readonly string[]
  readonly options?: ParseArgsOptionsConfig
  /** One line for each option of its own. */
  readonly optionHelp?: Readonly<Record<string, Bilingual>>
  /** Returns the exit code (design §7). */
  run(context: CommandContext): Promise<number>
}

export interface CommandContext {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>
  readonly positionals: readonly string[]
  readonly json: boolean
  readonly language: Language
  readonly environment: Environment
  readonly version: string
  readonly clock: Clock
  readonly log: Logger
  /** Where this program is installed. */
  readonly skillFolder: string
  /** Found on demand: not every command needs one. */
  readonly folder: () => DataFolder
  /** One line for people or machines on stdout. */
  readonly print: (line: string) => void
  /** A remark for people, on stderr. */
  readonly note: (line: string) => void
  /** True when stdout is a terminal: progress is shown there and nowhere else. */
  readonly terminal: boolean
  /** True when stderr is one: progress of a command whose stdout may be in a pipe. */
  readonly errorTerminal: boolean
  /** Puts this in the place of the line that was put there before, on stderr. */
  readonly overwrite: (text: string) => void
  /** All of stdin. */
  readonly readInput: () => Promise<string>
  /** Aborts at the first SIGINT or SIGTERM; the second one ends the process at once. */
  readonly interrupted: AbortSignal
}

/** Picks the language of the user. */
export function speaker(context: Pick<CommandContext, 'language'>): (en: string, zh: string) => string {
  return (en, zh) => (context.language === 'zh' ? zh : en)
}

/** Exit codes (design §7). */
export const DONE = 0
export const FAILED = 1
export const WRONG_USAGE = 2
/** It may have been done, or delivered. */
export const UNKNOWN = 3
export const QUEUED = 4
export const TIMED_OUT = 5
