import { ConfigError } from '../../core/errors.ts'
import type { WechatAddress } from '../outgoing.ts'
import type { WechatAccounts } from './accounts.ts'
import type { WechatSession } from './session.ts'

/** For the person who scanned, whose id nobody knows by heart. */
export const OWNER = 'me'

/**
 * Somebody on WeChat as they are spelled there (IL §2: the case matters).
 *
 * @throws ConfigError where there is no such account, or they may not be written to, or can not be
 */
export function reachable(address: WechatAddress, accounts: Pick<WechatAccounts, 'session'>): WechatAddress {
  const session = accounts.session(address.account)
  const user = address.user === OWNER ? session.record.userId : address.user
  if (user === null) throw ownerUnknown(address.account)
  const reach = session.adapter.reach(user, session.context)
  switch (reach.kind) {
    case 'open':
    case 'used_up':
    case 'too_old':
      return { scheme: 'wechat', account: address.account, user: reach.user }
    case 'never_wrote':
      throw NEVER_WROTE
    case 'not_allowed':
      throw NOT_ALLOWED
  }
}

/**
 * Which account knows them (IL §14): the only one there is, or the only one that they wrote to. null: it would be a guess.
 */
export function accountFor(user: string, accounts: Pick<WechatAccounts, 'session' | 'names'>): WechatAddress | null {
  const names = accounts.names()
  const known = names.length === 1 ? names : names.filter(name => knows(accounts.session(name), user))
  const [account] = known
  return account === undefined || known.length > 1 ? null : { scheme: 'wechat', account, user }
}

function knows({ adapter, context }: WechatSession, user: string): boolean {
  const { kind } = adapter.reach(user, context)
  return kind === 'open' || kind === 'used_up' || kind === 'too_old'
}

const NEVER_WROTE = new ConfigError(
  {
    en: 'They have not written to this bot since its last login: WeChat takes no message for them before that.',
    zh: '对方在本次登录后还没有给该机器人发过消息：在此之前微信不接受发给对方的消息。',
  },
  {
    nextStep: {
      en: 'Ask them to write to the bot first, anything will do. Nothing was sent.',
      zh: '请对方先给机器人发一条任意消息。未发送任何内容。',
    },
  },
)

const NOT_ALLOWED = new ConfigError(
  {
    en: 'Only the person who scanned, and who is named in wechat.allow, may write to this bot, and is answered.',
    zh: '只有扫码登录者以及 wechat.allow 中列出的人可以给该机器人发消息并得到回复。',
  },
  {
    nextStep: {
      en: 'Add their id to wechat.allow in config.json, if the owner wants that. Nothing was sent.',
      zh: '如果主人同意，请将其编号加入 config.json 的 wechat.allow。未发送任何内容。',
    },
  },
)

function ownerUnknown(account: string): ConfigError {
  return new ConfigError(
    {
      en: `WeChat did not say who scanned for ${account}: "me" is nobody.`,
      zh: `微信没有告知 ${account} 的扫码者："me" 无法识别。`,
    },
    { nextStep: { en: `Name them: wechat:${account}/<id>`, zh: `请写明编号：wechat:${account}/<编号>` } },
  )
}
