import { CHANNEL_TEXTS } from './texts/channel.js'
import { CHAT_TEXTS } from './texts/chat.js'
import { PROBLEM_TEXTS } from './texts/problems.js'
import { SHELL_TEXTS } from './texts/shell.js'
import { WECHAT_TEXTS } from './texts/wechat.js'

/** @typedef {'zh' | 'en'} Language */

/** Every sentence of the page, both languages side by side. */
export const TEXTS = { ...SHELL_TEXTS, ...CHAT_TEXTS, ...CHANNEL_TEXTS, ...PROBLEM_TEXTS, ...WECHAT_TEXTS }

/** @typedef {keyof typeof TEXTS} TextKey */

/** @type {Language} */
let language = 'en'

/** @param {Language} chosen */
export function setLanguage(chosen) {
  language = chosen
}

/** @returns {Language} */
export function currentLanguage() {
  return language
}

/**
 * The result is text for a text node. What is put in for `{name}` is not searched for placeholders again.
 *
 * @param {TextKey} key
 * @param {Readonly<Record<string, string | number>>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  return TEXTS[key][language].replace(/\{(\w+)\}/g, (whole, name) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    return value === undefined ? whole : typeof value === 'number' ? value.toLocaleString(locale()) : value
  })
}

/**
 * The text for a code that data gave us, or undefined: codes may be newer than this page.
 *
 * @param {string} prefix
 * @param {string} code
 * @param {Readonly<Record<string, string | number>>} [values]
 * @returns {string | undefined}
 */
export function textFor(prefix, code, values) {
  const key = `${prefix}${code}`
  return Object.hasOwn(TEXTS, key) ? t(/** @type {TextKey} */ (key), values) : undefined
}

/** @returns {string} */
export function locale() {
  return language === 'zh' ? 'zh-CN' : 'en-GB'
}
