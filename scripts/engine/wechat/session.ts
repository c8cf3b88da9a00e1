import type { IlinkAdapter } from '../../adapters/ilink/adapter.ts'
import type { AdapterContext } from '../../core/adapter.ts'
import type { WechatAccount } from '../../store/wechat-accounts.ts'

/** One account at WeChat: what its poll, what is sent and typing have in common. */
export interface WechatSession {
  /** `main` */
  readonly name: string
  /** `wechat:main`: the adapter's name, and how the store knows it. */
  readonly account: string
  /** As it is now: a new login changes it. */
  readonly record: WechatAccount
  readonly adapter: IlinkAdapter
  /** Its signal aborts when the account is removed. */
  readonly context: AdapterContext
}

export function accountKey(name: string): string {
  return `wechat:${name}`
}
