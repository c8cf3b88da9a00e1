import { ConfigError } from '../../core/errors.ts'

/** @param names of those that there are */
export function noSuchAccount(name: string, names: readonly string[]): ConfigError {
  const shown = JSON.stringify(name.slice(0, 60))
  const known = names.join(', ')
  return new ConfigError(
    names.length === 0
      ? { en: 'No WeChat account is signed in here.', zh: '此处没有登录的微信账号。' }
      : {
          en: `There is no WeChat account ${shown} here; there is: ${known}.`,
          zh: `此处没有微信账号 ${shown}；现有：${known}。`,
        },
    { nextStep: { en: 'See: wechat list. A new one: wechat login', zh: '参见：wechat list。新登录：wechat login' } },
  )
}
