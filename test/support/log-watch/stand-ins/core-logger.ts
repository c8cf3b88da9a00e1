import {
  createLogger as create,
  type LogFields,
  type Logger,
  type LoggerOptions,
} from '../../../../scripts/core/logger.ts'
import { noteLine } from '../journal.ts'

export * from '../../../../scripts/core/logger.ts'

/** Beside the log that was asked for, all of it: a test may be silent where a user asks for every line. */
export function createLogger(options: LoggerOptions, common: LogFields = {}): Logger {
  return both(create(options, common), create({ ...options, level: 'debug', write: noteLine }, common))
}

function both(log: Logger, all: Logger): Logger {
  function at(level: 'debug' | 'info' | 'warn' | 'error') {
    return (text: string, fields?: LogFields) => {
      log[level](text, fields)
      all[level](text, fields)
    }
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: fields => both(log.with(fields), all.with(fields)),
  }
}
