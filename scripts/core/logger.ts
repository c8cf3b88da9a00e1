import type { Clock } from './clock.ts'

/** Constant text, facts as fields, one JSON object a line. Never a token, never a message's words (house rule). */
export interface Logger {
  debug(text: string, fields?: LogFields): void
  info(text: string, fields?: LogFields): void
  warn(text: string, fields?: LogFields): void
  error(text: string, fields?: LogFields): void
  /** The same log, each line with these fields. */
  with(fields: LogFields): Logger
}

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

export interface LoggerOptions {
  readonly clock: Clock
  readonly level: LogLevel
  /** Gets one line with its LF. */
  readonly write: (line: string) => void
}

export function createLogger(options: LoggerOptions, common: LogFields = {}): Logger {
  function at(level: Exclude<LogLevel, 'silent'>) {
    return (text: string, fields: LogFields = {}) => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(options.level)) return
      const time = new Date(options.clock.now()).toISOString()
      options.write(`${JSON.stringify({ time, level, msg: text, ...common, ...fields })}\n`)
    }
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: fields => createLogger(options, { ...common, ...fields }),
  }
}

export function isLogLevel(text: string): text is LogLevel {
  return (LEVELS as readonly string[]).includes(text)
}
