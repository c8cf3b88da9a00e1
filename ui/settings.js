/** What the owner chose, kept in this browser only. Values that no setting knows fall back to the default. */

/**
 * @typedef {object} Settings
 * @property {'bubble' | 'table' | 'card'} layout
 * @property {'friend' | 'session' | 'time'} split
 * @property {boolean} autoRefresh
 * @property {number} refreshSeconds
 * @property {'auto' | 'light' | 'dark'} theme
 * @property {'auto' | 'zh' | 'en'} language
 * @property {'small' | 'normal' | 'large'} fontSize
 */

/** @typedef {{ getItem(key: string): string | null, setItem(key: string, value: string): void }} Keeper */

export const SETTINGS_KEY = 'openwechat-im.settings'

/** The first of each list is the default. The three questions of the onboarding are layout, refreshSeconds and split. */
export const CHOICES = /** @type {const} */ ({
  layout: ['bubble', 'table', 'card'],
  split: ['friend', 'session', 'time'],
  refreshSeconds: [5, 1, 2, 10, 30, 60],
  theme: ['auto', 'light', 'dark'],
  language: ['auto', 'zh', 'en'],
  fontSize: ['normal', 'small', 'large'],
})

/**
 * @param {unknown} value
 * @returns {Settings}
 */
export function readSettings(value) {
  const given = /** @type {Record<string, unknown>} */ (typeof value === 'object' && value !== null ? value : {})
  return {
    layout: oneOf(CHOICES.layout, given['layout']),
    split: oneOf(CHOICES.split, given['split']),
    autoRefresh: given['autoRefresh'] !== false,
    refreshSeconds: oneOf(CHOICES.refreshSeconds, given['refreshSeconds']),
    theme: oneOf(CHOICES.theme, given['theme']),
    language: oneOf(CHOICES.language, given['language']),
    fontSize: oneOf(CHOICES.fontSize, given['fontSize']),
  }
}

/**
 * A browser may refuse storage (private windows, policies): the page then works with what was chosen in this visit.
 *
 * @param {Keeper} keeper
 * @returns {Settings}
 */
export function loadSettings(keeper) {
  try {
    return readSettings(JSON.parse(keeper.getItem(SETTINGS_KEY) ?? 'null'))
  } catch {
    return readSettings(null)
  }
}

/**
 * @param {Keeper} keeper
 * @param {Settings} settings
 * @returns {boolean} false: chosen for this visit only
 */
export function saveSettings(keeper, settings) {
  try {
    keeper.setItem(SETTINGS_KEY, JSON.stringify(settings))
    return true
  } catch {
    return false
  }
}

/**
 * @param {Settings['language']} chosen
 * @param {readonly string[]} preferred the browser's languages, best first
 * @returns {'zh' | 'en'}
 */
export function languageOf(chosen, preferred) {
  if (chosen !== 'auto') return chosen
  const first = preferred.find(one => /^(?:zh|en)\b/i.test(one))
  return first !== undefined && /^zh/i.test(first) ? 'zh' : 'en'
}

/**
 * @template {string | number} T
 * @param {readonly [T, ...T[]]} choices
 * @param {unknown} value
 * @returns {T}
 */
function oneOf(choices, value) {
  return choices.find(choice => choice === value) ?? choices[0]
}
