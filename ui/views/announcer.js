import { fill, h } from '../dom.js'
import { t } from '../i18n.js'
import { lastLineText } from './message-parts.js'
import { partyText } from './party.js'

/** @import { Ui } from './ui.d.ts' */

/**
 * Says new messages, and what came of a click, to those who do not see them. The same words twice are said twice.
 *
 * @param {Pick<Ui, 'store'>} ui
 */
export function createAnnouncer({ store }) {
  const element = h('div', { class: 'visually-hidden', attributes: { 'aria-live': 'polite', role: 'status' } })
  /** @type {string | null} the newest line that was there already; null: nothing was looked at yet */
  let newest = null

  /** @param {string} text */
  function say(text) {
    fill(element, h('span', null, text))
  }

  return {
    element,
    say,
    look() {
      if (store.loading) return
      const items = store.items(null)
      const last = items.at(-1)?.key ?? ''
      const before = newest
      newest = last
      if (before === null || before === last) return
      const from = items.findLastIndex(item => item.key === before)
      // Not there any more: another file, all of it new and none of it news.
      if (from === -1) return
      // Whoever may not write to us has no voice here.
      const news = items.slice(from + 1).filter(item => item.direction === 'in' && item.state !== 'refused')
      const [only] = news
      if (news.length === 1 && only !== undefined) {
        say(t('arrived', { name: partyText(only.sender), text: lastLineText(only).slice(0, 120) }))
      } else if (news.length > 1) say(t('arrivedMany', { n: news.length }))
    },
  }
}
