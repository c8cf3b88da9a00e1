import { fill, h } from '../dom.js'
import { t } from '../i18n.js'
import { createChannel } from './channel.js'
import { createChat } from './chat.js'
import { createContacts } from './contacts.js'
import { createConversationList } from './conversation-list.js'
import { createFiles } from './files.js'
import { problemBanner } from './problems.js'
import { createRail } from './rail.js'
import { createSettings } from './settings.js'
import { createStats } from './stats.js'

/** @import { Item, Part } from '../data/types.d.ts' */
/** @import { Ui, View, ViewName } from './ui.d.ts' */

/** @type {Readonly<Record<Exclude<ViewName, 'chat'>, (ui: Ui) => View>>} */
const PAGES = {
  contacts: createContacts,
  stats: createStats,
  channel: createChannel,
  files: createFiles,
  settings: createSettings,
}

/**
 * Everything on the page, in one language. Another language makes a new one.
 *
 * @param {Ui} ui
 * @param {ReadonlySet<string>} dismissed
 * @param {(code: string) => void} dismiss
 */
export function createShell(ui, dismissed, dismiss) {
  const rail = createRail(ui)
  const list = createConversationList(ui)
  const chat = createChat(ui)
  const main = h('main', { class: 'detail', attributes: { id: 'content', tabindex: '-1' } })
  const element = h(
    'div',
    {
      class: 'app',
      attributes: { 'data-view': ui.visit.view, 'data-pane': ui.visit.section === null ? 'list' : 'detail' },
    },
    rail.element,
    list.element,
    main,
  )
  /** @type {View | null} */
  let page = null
  let shownBanner = ''

  function drawBanner() {
    const made = problemBanner(ui, dismissed, dismiss)
    const text = made?.textContent ?? ''
    if (text === shownBanner) return
    shownBanner = text
    element.querySelector('.banner')?.remove()
    if (made !== null) rail.element.after(made)
  }

  function show() {
    const { view } = ui.visit
    page?.close?.()
    page = view === 'chat' ? null : PAGES[view](ui)
    element.dataset['view'] = view
    fill(main, page === null ? chat.element : page.element)
    // Its rows were drawn while it had no size.
    if (page === null) chat.draw()
    rail.draw()
    document.title = titleText()
  }

  function titleText() {
    const count = ui.store.unread
    return `${count > 0 ? `(${count > 99 ? '99+' : count}) ` : ''}${t('appName')}`
  }

  show()
  drawBanner()

  return {
    element,
    show,
    drawBanner,
    focusMain: () => main.focus(),
    focusSearch: list.focusSearch,

    /** @param {Item} [item] */
    async open(item) {
      element.dataset['pane'] = 'detail'
      list.draw()
      chat.draw()
      if (item !== undefined) await chat.reveal(item)
      if (getComputedStyle(list.element).display === 'none') chat.focus()
    },

    leave() {
      element.dataset['pane'] = 'list'
      list.draw()
      list.focusCurrent()
    },

    /** @returns {boolean} */
    clearSearch: () => list.clearSearch(),

    /** @param {ReadonlySet<Part>} changed */
    update(changed) {
      list.update(changed)
      if (page === null) chat.update(changed)
      else page.update(changed)
      rail.draw()
      drawBanner()
      document.title = titleText()
    },

    close() {
      list.close()
      chat.close()
      page?.close?.()
    },
  }
}
