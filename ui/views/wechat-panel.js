import { h, icon } from '../dom.js'
import { t, textFor } from '../i18n.js'
import { ago, timeElement } from '../times.js'
import { plainText } from '../visible-text.js'
import { wechatCommand } from './answer-command.js'
import { commandLine } from './command-line.js'
import { accountSwatch, textNodes } from './party.js'

/** @import { WechatAccount } from '../data/types.d.ts' */
/** @import { Ui } from './ui.d.ts' */

/** @type {ReadonlySet<string>} */
const DANGER = new Set(['login_needed', 'identity_taken', 'identity_lock_failed'])
/** @type {ReadonlySet<string>} */
const NO_NEWS = new Set(['stopped', 'not_started', 'unknown'])

/** @param {WechatAccount} account */
export function wechatTone({ code, isPast }) {
  if (isPast || NO_NEWS.has(code)) return 'state-unknown'
  if (code === 'connected') return 'state-good'
  return DANGER.has(code) ? 'state-danger' : 'state-caution'
}

/** @param {WechatAccount} account */
export function wechatSentence({ code, state, isPast }) {
  const sentence = t(`wechat_state_${code}`, { state: plainText((state ?? '–').slice(0, 40)) })
  return isPast ? `${t('wechatPast')} ${sentence}` : sentence
}

/**
 * Each account with how it is, and what its owner can do; nothing where there is none.
 *
 * @param {Ui} ui
 * @returns {HTMLElement | null}
 */
export function wechatPanel(ui) {
  const { wechat } = ui.store
  if (wechat.length === 0) return null
  // Whoever waits for its owner stands first.
  const sorted = wechat.toSorted((one, other) => Number(isUrgent(other)) - Number(isUrgent(one)))
  return h(
    'section',
    { class: 'panel', attributes: { 'aria-label': t('wechatAccounts') } },
    h('h2', null, t('wechatAccounts')),
    h('ul', { class: 'wechat-accounts' }, ...sorted.map(account => accountItem(ui, account))),
  )
}

/** @param {WechatAccount} account */
function isUrgent({ code }) {
  return code === 'login_needed'
}

/** @param {Ui} ui @param {WechatAccount} account */
function accountItem(ui, account) {
  const { name, code, reason, heldBy, waiting, parked } = account
  const urgent = isUrgent(account)
  return h(
    'li',
    { class: `wechat-account${urgent ? ' wechat-account-urgent' : ''}` },
    h('h3', { class: 'wechat-name' }, accountSwatch(name), h('bdi', null, textNodes(name.slice(0, 60)))),
    h(
      'p',
      { class: 'wechat-state' },
      h('span', { class: `lead-dot ${wechatTone(account)}`, attributes: { 'aria-hidden': 'true' } }),
      urgent && icon('warning'),
      h('span', { attributes: { 'data-code': code } }, wechatSentence(account)),
    ),
    urgent && h('p', null, t('wechatLoginHow')),
    urgent && commandLine(ui, wechatCommand('login', name)),
    heldBy !== null &&
      code === 'identity_taken' &&
      h('p', { class: 'quiet' }, t('problem_wechat_identity_taken_help', { heldBy: plainText(heldBy.slice(0, 200)) })),
    code === 'identity_taken' && commandLine(ui, wechatCommand('status', name)),
    code === 'identity_lock_failed' && commandLine(ui, 'npm run -s im -- doctor'),
    h(
      'dl',
      { class: 'wechat-facts' },
      ...fact(t('wechatSince'), time(account.sinceMs)),
      ...(reason === null ? [] : fact(t('wechatReason'), wechatReason(reason))),
      ...fact(t('wechatLastInbound'), time(account.lastInboundMs)),
      ...fact(
        t('wechatLastAccepted'),
        time(account.lastAcceptedMs),
        account.lastAcceptedMs !== null && t('wechatAcceptedHint'),
      ),
      ...fact(t('wechatWaiting'), String(waiting)),
      ...fact(t('wechatParked'), String(parked), parked > 0 && t('wechatParkedHint')),
    ),
  )
}

/** @param {string} name @param {HTMLElement | string} value @param {string | false} [hint] */
function fact(name, value, hint = false) {
  return [
    h('dt', { class: 'quiet' }, name),
    h('dd', null, value, hint !== false && h('span', { class: 'quiet' }, ` · ${hint}`)),
  ]
}

/** @param {number | null} ms */
function time(ms) {
  if (ms === null) return t('wechatNever')
  const date = new Date(ms)
  return timeElement(date, ago(date, Date.now()))
}

/** @param {string} reason */
export function wechatReason(reason) {
  const http = /^http_(\d{3})$/.exec(reason)?.[1]
  if (http !== undefined) return t('wechatReasonHttp', { code: http })
  const ret = /^ret_(-?\d{1,6})$/.exec(reason)?.[1]
  if (ret !== undefined) return t('wechatReasonRet', { code: ret })
  return textFor('wechat_reason_', reason) ?? plainText(reason.slice(0, 80))
}
