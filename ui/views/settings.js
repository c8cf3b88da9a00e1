import { h } from '../dom.js'
import { t } from '../i18n.js'
import { CHOICES } from '../settings.js'
import { segments } from './segments.js'

/** @import { Ui } from './ui.d.ts' */

/** @type {Readonly<Record<string, import('../i18n.js').TextKey>>} */
const NAMES = {
  bubble: 'layoutBubble',
  table: 'layoutTable',
  card: 'layoutCard',
  friend: 'splitFriend',
  session: 'splitSession',
  time: 'splitTime',
}

/** @param {Ui} ui */
export function createSettings(ui) {
  const { settings } = ui
  const element = h(
    'div',
    { class: 'page', attributes: { tabindex: '0', 'aria-label': t('viewSettings'), role: 'region' } },
    h(
      'div',
      { class: 'page-inner' },
      h(
        'div',
        { class: 'page-head' },
        h('h1', null, t('viewSettings')),
        h('p', { class: 'quiet' }, t(ui.settingsKept ? 'settingsKept' : 'settingsNotKept')),
      ),
      group(
        t('settingMessages'),
        choice(ui, 'layout', t('settingLayout'), CHOICES.layout, one => t(NAMES[one] ?? 'layoutBubble')),
        choice(ui, 'split', t('split'), CHOICES.split, one => t(NAMES[one] ?? 'splitFriend')),
        row(
          t('settingAutoRefresh'),
          segments({
            label: t('settingAutoRefresh'),
            choices: ['on', 'off'],
            chosen: settings.autoRefresh ? 'on' : 'off',
            name: one => t(one === 'on' ? 'on' : 'off'),
            choose: one => ui.change({ autoRefresh: one === 'on' }),
          }),
        ),
        choice(
          ui,
          'refreshSeconds',
          t('settingRefresh'),
          CHOICES.refreshSeconds.toSorted((a, b) => a - b),
          one => t('seconds', { n: one }),
          t('settingRefreshHelp'),
        ),
      ),
      group(
        t('settingLook'),
        choice(ui, 'theme', t('settingTheme'), CHOICES.theme, one =>
          t(one === 'auto' ? 'themeAuto' : one === 'light' ? 'themeLight' : 'themeDark'),
        ),
        choice(ui, 'language', t('settingLanguage'), CHOICES.language, one =>
          t(one === 'auto' ? 'languageAuto' : one === 'zh' ? 'languageZh' : 'languageEn'),
        ),
        choice(ui, 'fontSize', t('settingFont'), ['small', 'normal', 'large'], one =>
          t(one === 'small' ? 'fontSmall' : one === 'normal' ? 'fontNormal' : 'fontLarge'),
        ),
      ),
      group(
        t('keys'),
        h(
          'div',
          { class: 'keys' },
          ...key('/', t('keySlash')),
          ...key('↑ ↓', t('keyArrows')),
          ...key('Esc', t('keyEscape')),
          ...key('End', t('keyEnd')),
        ),
      ),
    ),
  )
  return { element, update() {} }
}

/** @param {string} title @param {...HTMLElement} rows */
function group(title, ...rows) {
  return h('section', { class: 'panel', attributes: { 'aria-label': title } }, h('h2', null, title), ...rows)
}

/** @param {string} name @param {HTMLElement} control @param {string} [help] */
function row(name, control, help) {
  return h(
    'div',
    { class: 'setting' },
    h('div', null, h('div', null, name), help !== undefined && h('p', { class: 'quiet' }, help)),
    control,
  )
}

/**
 * @template {'layout' | 'split' | 'refreshSeconds' | 'theme' | 'language' | 'fontSize'} K
 * @param {Ui} ui
 * @param {K} setting
 * @param {string} title
 * @param {readonly Ui['settings'][K][]} choices
 * @param {(choice: Ui['settings'][K]) => string} name
 * @param {string} [help]
 */
function choice(ui, setting, title, choices, name, help) {
  const control = segments({
    label: title,
    choices,
    chosen: ui.settings[setting],
    name,
    choose: chosen => ui.change({ [setting]: chosen }),
  })
  return row(title, control, help)
}

/** @param {string} name @param {string} meaning */
function key(name, meaning) {
  return [h('span', null, h('kbd', null, name)), h('span', null, meaning)]
}
