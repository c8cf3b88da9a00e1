import { CONFIG_NOTES, type Config, isRegistered, parseConfig } from '../core/config.ts'
import type { OpenclawSettings } from '../core/environment.ts'
import { ConfigError } from '../core/errors.ts'
import { type Bilingual, bilingual, inLanguage, type Language } from '../core/i18n.ts'
import type { Logger } from '../core/logger.ts'
import { readConfigFile } from '../store/config-file.ts'

export interface ConfigurationOptions {
  readonly path: string
  /** What the environment names of OpenClaw; it wins over the file. */
  readonly openclaw: Partial<OpenclawSettings>
  readonly log: Logger
  readonly language: Language
  /** A sentence for whoever sits at the terminal. */
  readonly say: (text: string) => void
  /** The configuration in force, again when it is saved as it is; null while there has never been a valid one. */
  readonly apply: (config: Config | null) => void
  readonly event: (event: 'CONFIG_MISSING' | 'CONFIG_INVALID' | 'CONFIG_RELOADED') => void
  readonly tell: (status: Readonly<Record<string, unknown>>) => void
}

/** Reads `config.json` now and at each change. An edit that is not valid leaves the last valid one in force. */
export function createConfiguration(options: ConfigurationOptions): { read(): void } {
  const { path, openclaw, log, language, say, apply, event, tell } = options
  let last: Config | null = null
  /** What was read last, permissions included; null when it could not be read. */
  let lastRead: string | null = null

  function missing(): void {
    event('CONFIG_MISSING')
    tell({ state: 'missing' })
    log.warn('config.json is missing')
    say(inLanguage(sentence(CONFIG_NOTES.missing), language))
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
        lastRead = null
        missing()
        return
      }
      if (file.kind === 'unreadable') {
        lastRead = null
        invalid(unreadable(file.reason), file.reason)
        return
      }
      const present = `${file.readableByOthers} ${file.text}`
      if (present === lastRead) {
        // Somebody saved it as it is: what waits for the owner may have been put right elsewhere.
        if (last !== null) apply(last)
        return
      }
      lastRead = present
      try {
        const { config, warnings } = parseConfig(file.text, openclaw)
        const first = last === null
        last = config
        const notes = [...warnings, ...(file.readableByOthers ? [CONFIG_NOTES.readableByOthers] : [])]
        for (const note of notes) log.warn(note.en)
        if (!first) event('CONFIG_RELOADED')
        if (!isRegistered(config)) {
          event('CONFIG_MISSING')
          say(inLanguage(sentence(CONFIG_NOTES.placeholders), language))
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

function unreadable(reason: string): Bilingual {
  return {
    en: `config.json can not be read (${reason}). It has to be a file that belongs to the user who runs this: check its owner, then chmod 600.`,
    zh: `无法读取 config.json（${reason}）。它必须是属于当前运行用户的文件：请检查所有者，然后 chmod 600。`,
  }
}

/** Both at once: what is, and what to do. */
function sentence(note: Bilingual): Bilingual {
  const { fillIn } = CONFIG_NOTES
  return { en: `${note.en} ${fillIn.en}`, zh: `${note.zh}${fillIn.zh}` }
}
