import { type Config, isRegistered, parseConfig } from '../core/config.ts'
import { ConfigError } from '../core/errors.ts'
import { type Bilingual, bilingual, inLanguage, type Language } from '../core/i18n.ts'
import type { Logger } from '../core/logger.ts'
import { readConfigFile } from '../store/config-file.ts'

export interface ConfigurationOptions {
  readonly path: string
  readonly log: Logger
  readonly language: Language
  /** A sentence for whoever sits at the terminal. */
  readonly say: (text: string) => void
  /** The configuration in force; null while there has never been a valid one. */
  readonly apply: (config: Config | null) => void
  readonly event: (event: 'CONFIG_MISSING' | 'CONFIG_INVALID' | 'CONFIG_RELOADED') => void
  readonly tell: (status: Readonly<Record<string, unknown>>) => void
}

/** Reads `config.json` now and at each change. An edit that is not valid leaves the last valid one in force. */
export function createConfiguration(options: ConfigurationOptions): { read(): void } {
  const { path, log, language, say, apply, event, tell } = options
  let last: Config | null = null
  let lastText: string | null = null

  function missing(): void {
    event('CONFIG_MISSING')
    tell({ state: 'missing' })
    log.warn('config.json is missing')
    say(inLanguage(WAITING, language).replace('{path}', path))
    if (last === null) apply(null)
  }

  function invalid(text: Bilingual, reason: string): void {
    event('CONFIG_INVALID')
    tell({ state: 'invalid', reason: text, in_force: last === null ? 'none' : 'last_valid' })
    log.error('config.json can not be used', { reason })
    say(inLanguage(text, language))
    if (last === null) apply(null)
  }

  return {
    read() {
      const file = readConfigFile(path)
      if (file.kind === 'missing') {
        lastText = null
        missing()
        return
      }
      if (file.kind === 'unreadable') {
        const text = `config.json: ${file.reason}`
        invalid({ en: text, zh: text }, file.reason)
        return
      }
      if (file.text === lastText) return
      lastText = file.text
      try {
        const { config, warnings } = parseConfig(file.text)
        const first = last === null
        last = config
        const notes = [...warnings, ...(file.readableByOthers ? [READABLE] : [])]
        for (const note of notes) log.warn(note.en)
        if (!first) event('CONFIG_RELOADED')
        if (!isRegistered(config)) {
          event('CONFIG_MISSING')
          say(inLanguage(PLACEHOLDERS, language))
        }
        tell({ state: isRegistered(config) ? 'valid' : 'placeholders', warnings: notes })
        apply(config)
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        invalid(bilingual(error.text), 'invalid')
      }
    },
  }
}

const WAITING = {
  en: 'Not registered yet: waiting for {path}. Copy config.json.example there and fill in base_url and token; this daemon goes on by itself.',
  zh: '尚未注册：正在等待 {path}。请将 config.json.example 复制到该处并填写 base_url 和 token；守护进程会自动继续。',
}
const PLACEHOLDERS = {
  en: 'config.json still holds the placeholders of the example: fill in base_url and token.',
  zh: 'config.json 仍是示例中的占位内容：请填写 base_url 和 token。',
}
const READABLE = {
  en: 'config.json can be read by other users of this machine: chmod 600 config.json',
  zh: '本机其他用户可以读取 config.json：请执行 chmod 600 config.json',
}
