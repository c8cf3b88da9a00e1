import { OWNER } from '../../engine/wechat/reachable.ts'

/**
 * `main`, `main/me`, `main/<user>` and `wechat:main/<user>` as addresses have it; an account alone stands for whoever
 * scanned. Whether there is such an account is looked at by whoever writes there.
 */
export function wechatRecipient(text: string): string {
  const [account = '', ...rest] = text.replace(/^wechat:/, '').split('/')
  const user = rest.join('/')
  return `wechat:${account}/${user === '' ? OWNER : user}`
}
