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
