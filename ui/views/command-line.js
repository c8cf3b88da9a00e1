import { fill, h, icon } from '../dom.js'
import { t } from '../i18n.js'

/** @import { Ui } from './ui.d.ts' */

const SHOWN_MS = 2000

/**
 * A command to copy. This page can run nothing itself.
 *
 * @param {Ui} ui
 * @param {string} command ours, apart from ids
 * @returns {HTMLElement}
 */
export function commandLine(ui, command) {
  const code = h('code', null, command)
  const copy = h(
    'button',
    {
      class: 'icon-button',
      attributes: { type: 'button', 'aria-label': `${t('copy')}: ${command}`, title: t('copy') },
      on: { click: () => void copyText(ui, command, code, copy) },
    },
    icon('copy'),
  )
  return h('div', { class: 'command' }, code, copy)
}

/**
 * @param {Ui} ui
 * @param {string} command
 * @param {HTMLElement} code
 * @param {HTMLElement} copy
 */
async function copyText(ui, command, code, copy) {
  try {
    await navigator.clipboard.writeText(command)
    ui.say(t('copied'))
    fill(copy, icon('check'))
    setTimeout(() => fill(copy, icon('copy')), SHOWN_MS)
  } catch {
    // Browsers refuse without a permission, or outside of a secure context.
    getSelection()?.selectAllChildren(code)
    ui.say(t('copyFailed'))
  }
}
