import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Language, languageOfLocale } from './i18n.ts'
import { isLogLevel, type LogLevel } from './logger.ts'

/**
 * The only place that reads environment variables; it touches neither network nor files. Each name is listed under
 * `envVars` in SKILL.md.
 */
export interface Environment {
  /** OPENWECHAT_DATA_DIR: another data folder. */
  readonly dataDir: string | undefined
  /** OPENWECHAT_LOG_LEVEL: debug, info, warn, error, silent. undefined: as the command likes it. */
  readonly logLevel: LogLevel | undefined
  readonly language: Language
  /** Where the locks of identities lie, one folder for all copies of the skill. */
  readonly stateFolder: string
  /** For sockets of data folders with long paths; nobody else may look into it. */
  readonly runtimeFolder: string
  readonly proxy: ProxySettings
  readonly openclaw: OpenclawSettings
  /** Any other one, by a name that the user typed (`--secret-env NAME`). Empty ones are not there. */
  readonly variable: (name: string) => string | undefined
}

export interface ProxySettings {
  readonly http: string
  readonly https: string
  readonly except: string
}

/** What OpenClaw and its users set for the two programs together; it wins over `config.json` (OI §4.5). */
export interface OpenclawSettings {
  /** OPENCLAW_WEBHOOK_SECRET */
  readonly webhookSecret: string | undefined
  /** IM_BOT_TOKEN */
  readonly botToken: string | undefined
  /** OPENCLAW_WEBHOOK_URL */
  readonly webhookUrl: string | undefined
  /** OPENCLAW_GATEWAY_PORT, or the usual one. */
  readonly gatewayPort: number
}

/** Where a gateway listens that was told nothing (OI §3.1). */
export const USUAL_GATEWAY_PORT = 18_789

export function readEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const value = (...names: string[]) =>
    names.map(name => variables[name]).find(text => text !== undefined && text !== '')
  const level = value('OPENWECHAT_LOG_LEVEL')
  return {
    dataDir: value('OPENWECHAT_DATA_DIR'),
    logLevel: level !== undefined && isLogLevel(level) ? level : undefined,
    language: languageOfLocale(value('LC_ALL', 'LC_MESSAGES', 'LANG')),
    stateFolder: join(value('XDG_STATE_HOME') ?? join(homedir(), '.local', 'state'), 'openwechat-im'),
    runtimeFolder: join(value('XDG_RUNTIME_DIR', 'TMPDIR') ?? '/tmp', `openwechat-im-${process.getuid?.() ?? 0}`),
    proxy: {
      http: value('http_proxy', 'HTTP_PROXY') ?? '',
      https: value('https_proxy', 'HTTPS_PROXY') ?? '',
      except: value('no_proxy', 'NO_PROXY') ?? '',
    },
    openclaw: {
      webhookSecret: value('OPENCLAW_WEBHOOK_SECRET'),
      botToken: value('IM_BOT_TOKEN'),
      webhookUrl: value('OPENCLAW_WEBHOOK_URL'),
      gatewayPort: portOf(value('OPENCLAW_GATEWAY_PORT')) ?? USUAL_GATEWAY_PORT,
    },
    variable: name => value(name),
  }
}

function portOf(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}
