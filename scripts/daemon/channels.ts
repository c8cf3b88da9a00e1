import type { Config } from '../core/config.ts'
import type { Shared } from '../engine/context.ts'
import { createRelayAccount, type RelayAccount } from '../engine/relay-account.ts'
import { createWechatAccounts, type WechatAccounts, type WechatAccountsOptions } from '../engine/wechat/accounts.ts'

/** Where people are met: the relay, and WeChat. */
export interface Channels {
  readonly relay: Pick<RelayAccount, 'session'>
  readonly wechat: WechatAccounts
  /** The configuration in force, again whenever it is saved; null: there has never been a valid one. */
  apply(config: Config | null): void
  stop(): Promise<void>
}

export function createChannels(shared: Shared, options: Omit<WechatAccountsOptions, 'shared' | 'polls'>): Channels {
  const { folder, stateFolder } = options
  const relay = createRelayAccount(shared, { folder, stateFolder })
  const wechat = createWechatAccounts({ ...options, shared, polls: true })
  return {
    relay,
    wechat,
    apply(config) {
      relay.apply(config)
      wechat.apply(config)
    },
    async stop() {
      await Promise.all([relay.stop(), wechat.stop()])
    },
  }
}
