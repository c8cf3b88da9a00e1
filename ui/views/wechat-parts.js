import { fill, h, icon } from '../dom.js'
import { t, textFor } from '../i18n.js'
import { plainText } from '../visible-text.js'
import { textNodes } from './party.js'

/** @import { Item } from '../data/types.d.ts' */
/** @import { Ui } from './ui.d.ts' */

/** What messages of WeChat have besides words: quotes, files that did not come, and senders who may not write. */

const QUOTE_CHARACTERS = 300
const PATH_CHARACTERS = 24
const MOST_CODES = 5

/**
 * The words that a message answers to, before its own. A click leads to the message they are from, where that is known.
 *
 * @param {Ui} ui
 * @param {Item} item
 * @param {string} query
 * @returns {HTMLElement | null}
 */
export function quoteElement(ui, item, query) {
  const { quote } = item
  if (quote === null) return null
  const words = h('bdi', { class: 'quote-text' })
  // Where nothing is known of it, the daemon says so with this word.
  const isKnown = quote.text !== 'unknown' || quote.isNamed
  fill(words, isKnown ? textNodes(quote.text.slice(0, QUOTE_CHARACTERS), query) : t('quotedFile'))
  const label = h('span', { class: 'visually-hidden' }, `${quote.isNamed ? t('quotedGo') : t('quoted')}: `)
  if (!quote.isNamed) return h('div', { class: 'quote' }, icon('quote'), label, words)
  const button = h(
    'button',
    {
      class: 'quote quote-link',
      attributes: { type: 'button', title: t('quotedGo') },
      on: { click: () => void goTo(ui, item, button) },
    },
    icon('quote'),
    label,
    words,
  )
  return button
}

/**
 * @param {Ui} ui
 * @param {Item} item
 * @param {HTMLButtonElement} button
 */
async function goTo(ui, item, button) {
  button.disabled = true
  const found = await ui.store.quoted(item).finally(() => {
    button.disabled = false
  })
  if (found !== null) {
    const section = ui.visit.section === 'all' ? 'all' : `c:${found.conversation}`
    ui.open(section, { item: found, query: '' })
    return
  }
  ui.say(t('quotedGone'))
  if (button.querySelector('.quote-gone') === null) button.append(h('span', { class: 'quote-gone' }, t('quotedGone')))
}

/**
 * @typedef {object} Remark
 * @property {string} text
 * @property {'chip-caution' | 'chip-note' | ''} tone
 * @property {string} sign
 * @property {string} [title]
 */

/**
 * @param {Item} item
 * @returns {Remark[]}
 */
export function wechatRemarks({ flags, direction, state }) {
  /** @type {Remark[]} */
  const found = []
  if (flags['group'] !== undefined) found.push({ text: t('fromGroupHelp'), tone: '', sign: 'people' })
  else if (direction === 'in' && state === 'refused')
    found.push({ text: t('senderRefused'), tone: '', sign: 'blocked' })
  if (flags['voice'] === 'no_transcript') found.push({ text: t('voiceWithoutWords'), tone: 'chip-note', sign: 'info' })
  for (const text of problemsOfFiles(flags['media'])) found.push({ text, tone: 'chip-caution', sign: 'warning' })
  const strange = flags['unknown_items']
  if (strange !== undefined) {
    const kinds = plainText(strange.slice(0, 60))
    found.push({ text: t('strangeParts', { kinds }), tone: 'chip-caution', sign: 'question' })
  }
  for (const path of (flags['file'] ?? '').split(',').filter(Boolean).slice(0, MOST_CODES)) {
    const title = plainText(path.slice(0, 200))
    found.push({ text: t('fileKept', { path: shortPath(path) }), title, tone: '', sign: 'files' })
  }
  return found
}

/**
 * `wrong_key,ok`: what became of each file, in their order.
 *
 * @param {string | undefined} media
 */
function problemsOfFiles(media) {
  const codes = new Set((media ?? '').split(',').filter(code => code !== '' && code !== 'ok'))
  return [...codes]
    .slice(0, MOST_CODES)
    .map(code => textFor('media_', code) ?? t('mediaOther', { why: plainText(code.slice(0, 40)) }))
}

/** Kept files are named by sums of their bytes: the ends say enough. @param {string} path */
function shortPath(path) {
  const shown = plainText(path.slice(0, 200))
  if (shown.length <= PATH_CHARACTERS) return shown
  return `${shown.slice(0, PATH_CHARACTERS / 2)}…${shown.slice(-PATH_CHARACTERS / 2)}`
}

/**
 * The names of files as their sender gave them, or what they are where they have none.
 *
 * @param {Pick<Item, 'attachment' | 'channel'>} item
 */
export function attachmentText({ attachment, channel }) {
  const names = (attachment ?? '').slice(0, 300)
  if (channel !== 'wechat') return names
  return names
    .split(', ')
    .map(name => textFor('kind_', name) ?? name)
    .join(t('listComma'))
}
