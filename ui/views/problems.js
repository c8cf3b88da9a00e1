import { button, h, icon } from '../dom.js'
import { t, textFor } from '../i18n.js'
import { ago, dateOf } from '../times.js'
import { plainText } from '../visible-text.js'
import { wechatCommand } from './answer-command.js'
import { commandLine } from './command-line.js'

/** @import { Problem } from '../data/types.d.ts' */
/** @import { Ui } from './ui.d.ts' */

const REGISTER = 'npm run -s im -- register --base-url https://RELAY:8000 --name "NAME"'

/** @type {Readonly<Record<Exclude<Problem['code'], 'wechat_login_needed' | 'wechat_identity_taken'>, string>>} */
const COMMANDS = {
  ui_server_down: 'npm run ui',
  no_data: REGISTER,
  not_registered: REGISTER,
  config_invalid: 'npm run -s im -- doctor',
  token_refused: 'npm run -s im -- doctor',
  identity_taken: 'npm run -s im -- status',
  identity_lock_failed: 'npm run -s im -- doctor',
  daemon_down: 'npm run sse',
  storage_fault: 'npm run -s im -- doctor',
  file_missing: 'npm run -s im -- rebuild --yes',
  file_unreadable: 'npm run -s im -- doctor',
  old_data: 'npm run -s im -- retention',
  empty: 'npm run -s im -- users',
  empty_wechat: 'npm run -s im -- wechat status',
}

/** Those that are no fault. */
const CALM = new Set(['old_data', 'empty', 'empty_wechat', 'no_data', 'not_registered'])

/** Instead of messages where there are none: these are told in the middle of the page, not above it. */
const FIRST_STEPS = new Set(['no_data', 'not_registered', 'empty', 'empty_wechat'])

/** @param {readonly Problem[]} problems */
export function firstStep(problems) {
  return problems.find(one => FIRST_STEPS.has(one.code)) ?? null
}

/**
 * The worst one as a line above the page; null when there is none, or none that was not waved away.
 *
 * @param {Ui} ui
 * @param {ReadonlySet<string>} dismissed
 * @param {(key: string) => void} dismiss
 * @returns {HTMLElement | null}
 */
export function problemBanner(ui, dismissed, dismiss) {
  const problem = ui.store.problems.find(one => !FIRST_STEPS.has(one.code) && !dismissed.has(keyOf(one)))
  if (problem === undefined) return null
  const tone = CALM.has(problem.code) ? 'banner-note' : problem.code === 'daemon_down' ? '' : 'banner-danger'
  return h(
    'section',
    { class: `banner ${tone}`, attributes: { 'aria-label': titleOf(problem), 'data-problem': problem.code } },
    icon(CALM.has(problem.code) ? 'info' : 'warning'),
    h('p', null, h('strong', null, titleOf(problem)), ' · ', helpOf(problem)),
    commandLine(ui, commandOf(problem)),
    button(t('close'), {
      class: 'icon-button',
      icon: 'close',
      hideLabel: true,
      onClick: () => dismiss(keyOf(problem)),
    }),
  )
}

/**
 * @param {Ui} ui
 * @param {Problem} problem
 * @returns {HTMLElement}
 */
export function problemPanel(ui, problem) {
  return h(
    'div',
    { class: 'empty', attributes: { 'data-problem': problem.code } },
    icon(CALM.has(problem.code) ? 'chat' : 'warning'),
    h('h2', null, titleOf(problem)),
    h('p', null, helpOf(problem)),
    commandLine(ui, commandOf(problem)),
  )
}

/** What is waved away comes back when it happens again. @param {Problem} problem */
function keyOf(problem) {
  if (problem.code === 'wechat_login_needed') return `${problem.code} ${problem.name} ${problem.sinceMs}`
  return problem.code === 'wechat_identity_taken' ? `${problem.code} ${problem.name}` : problem.code
}

/** @param {Problem} problem */
function commandOf(problem) {
  if (problem.code === 'wechat_login_needed') return wechatCommand('login', problem.name)
  return problem.code === 'wechat_identity_taken' ? wechatCommand('status', problem.name) : COMMANDS[problem.code]
}

/** @param {Problem} problem */
function titleOf(problem) {
  return t(`problem_${problem.code}`, valuesOf(problem))
}

/** @param {Problem} problem */
function helpOf(problem) {
  return textFor('problem_', `${problem.code}_help`, valuesOf(problem)) ?? ''
}

/**
 * @param {Problem} problem
 * @returns {Record<string, string | number>}
 */
function valuesOf(problem) {
  const when = 'sinceMs' in problem ? whenText(problem.sinceMs) : ''
  switch (problem.code) {
    case 'wechat_login_needed':
      return { name: plainText(problem.name.slice(0, 60)), when }
    case 'wechat_identity_taken':
      return { name: plainText(problem.name.slice(0, 60)), heldBy: plainText(problem.heldBy) }
    case 'identity_taken':
      return { heldBy: plainText(problem.heldBy) }
    case 'storage_fault':
      return { file: plainText(problem.file), reason: plainText(problem.reason) }
    case 'file_missing':
    case 'file_unreadable':
      return { names: problem.names.join(', ') }
    case 'old_data':
      return { n: problem.olderMessages, days: problem.days }
    default:
      return { when }
  }
}

/** @param {number | null} ms */
function whenText(ms) {
  const date = ms === null ? null : dateOf(new Date(ms).toISOString())
  return date === null ? t('whenUnknown') : ago(date, Date.now())
}
