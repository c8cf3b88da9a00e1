import { createRelayAdapter, type RelayAdapter } from '../adapters/relay/adapter.ts'
import type { RelaySettings } from '../adapters/relay/settings.ts'
import type { AdapterContext } from '../core/adapter.ts'
import { type Bell, createBell } from '../core/bell.ts'
import type { Config } from '../core/config.ts'
import { ConfigError } from '../core/errors.ts'
import { identityKey } from '../store/ownership.ts'
import { createContext, type Shared } from './context.ts'

/** One account at one relay: what its stream, sends and questions have in common. */
export interface RelaySession {
  readonly config: Config
  /** Names the account in the store, and tells nothing about its token. */
  readonly account: string
  readonly adapter: RelayAdapter
  /** Its signal aborts when another account is used, or nobody is. */
  readonly context: AdapterContext
}

export interface SessionOptions {
  readonly config: Config
  readonly signal: AbortSignal
  /** Read at each use. */
  readonly settings?: () => RelaySettings
  readonly configChanged?: Bell
}

export function createRelaySession(shared: Shared, options: SessionOptions): RelaySession {
  const { config, signal, settings = () => config, configChanged = createBell() } = options
  const { baseUrl, token, myId } = config
  const account = identityKey(identityOf(config))
  const adapter = createRelayAdapter({ baseUrl, token, myId, settings, configChanged }, shared.clock)
  return { config, account, adapter, context: createContext(shared, { name: adapter.name, account, signal }) }
}

/** What two copies of the skill must not use at one time. Never print it. */
export function identityOf({ baseUrl, token }: Config): string {
  return `${baseUrl}\n${token}`
}

/** For commands that need an account. */
export function notRegistered(): ConfigError {
  return new ConfigError(
    {
      en: 'Not registered: config.json is missing, not valid, or still holds the placeholders.',
      zh: '尚未注册：config.json 缺失、无效，或仍是占位内容。',
    },
    {
      nextStep: {
        en: 'Register first: register --base-url URL --name NAME. "doctor" tells what is wrong with a config.json.',
        zh: '请先注册：register --base-url 地址 --name 名称。若 config.json 有问题，"doctor" 会说明。',
      },
    },
  )
}
