import { type ParsedConfig, parseConfig as parse } from '../../../../scripts/core/config.ts'
import { noteConfig } from '../journal.ts'

export * from '../../../../scripts/core/config.ts'

export function parseConfig(...args: Parameters<typeof parse>): ParsedConfig {
  const parsed = parse(...args)
  noteConfig(parsed.config)
  return parsed
}
