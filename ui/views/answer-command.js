import { t } from '../i18n.js'

/** @import { Address } from '../data/types.d.ts' */

/**
 * The command that answers somebody, or null. It goes into a shell: only addresses of harmless letters get in.
 *
 * @param {Address | null} address
 * @returns {string | null}
 */
export function answerCommand(address) {
  if (address === null || address.scheme === 'webhook' || (address.scheme === 'relay' && address.id === 0)) return null
  const to = address.scheme === 'relay' ? String(address.id) : `wechat:${address.account}/${address.user}`
  return /^[A-Za-z0-9:/@._-]+$/.test(to) ? `npm run -s im -- send ${to} "${t('answerText')}"` : null
}

/** As the daemon takes names of accounts. */
const ACCOUNT_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/

/**
 * What the owner of an account at WeChat runs. It goes into a shell: only names as the daemon gives them get in.
 *
 * @param {'login' | 'status'} command
 * @param {string} name
 */
export function wechatCommand(command, name) {
  return `npm run -s im -- wechat ${ACCOUNT_NAME.test(name) ? `${command} ${name}` : 'list'}`
}
