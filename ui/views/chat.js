import { button, fill, h, icon } from '../dom.js'
import { t } from '../i18n.js'
import { CHOICES } from '../settings.js'
import { clockTime, dayName } from '../times.js'
import { drawAnswer } from './answer.js'
import { createMessageWindow } from './message-window.js'
import { avatar, channelBadge, conversationElement, conversationText, idElement, relationChip } from './party.js'
import { firstStep, problemPanel } from './problems.js'
import { segments } from './segments.js'

/** @import { Conversation, Item, Part } from '../data/types.d.ts' */
/** @import { Ui } from './ui.d.ts' */

/** @param {Ui} ui */
export function createChat(ui) {
  const { store, visit } = ui
  const head = h('header', { class: 'chat-head' })
  const pill = h('button', {
    class: 'new-pill',
    attributes: { type: 'button', hidden: '' },
    on: { click: () => toNewest() },
  })
  const list = createMessageWindow(ui, {
    mixed: () => conversationKey() === null,
    onTop: () => void older(),
    onEnd: () => void newer(),
    onPlace: placeChanged,
  })
  const body = h('div', { class: 'chat-body' }, list.element, pill)
  const answer = h('footer', { class: 'answer' })
  const element = h('div', { class: 'chat' })
  /** @type {string | null} what is drawn */
  let drawn = null
  let busy = false
  let fresh = false
  /** @type {readonly Item[]} */
  let items = []

  /** null: everything, or one sitting with several people. */
  function conversationKey() {
    return visit.section?.startsWith('c:') ? visit.section.slice(2) : null
  }

  /** @returns {readonly Item[]} */
  function currentItems() {
    const filter = { channel: visit.channel }
    if (visit.section === null) return []
    if (!visit.section.startsWith('s:')) return store.items(conversationKey(), filter)
    const sections = store.sections('session', filter)
    const exact = sections.find(one => one.key === visit.section)
    if (exact !== undefined) return exact.items
    // Older lines that joined the sitting gave it another key.
    const newest = items.at(-1)?.key
    return sections.find(one => one.items.some(item => item.key === newest))?.items ?? []
  }

  function draw() {
    const problem = firstStep(store.problems)
    drawn = visit.section
    if (visit.section === null) {
      if (store.loading) fill(element, h('div', { class: 'empty' }, h('p', null, t('loading'))))
      else if (problem !== null) fill(element, problemPanel(ui, problem))
      else fill(element, welcome())
      return
    }
    fresh = false
    items = currentItems()
    drawHead()
    drawAnswer(ui, answer, { conversation: current(), items })
    fill(element, head, body, answer)
    list.element.setAttribute('aria-label', t('messagesWith', { name: title() }))
    list.show(items, visit.place === null ? undefined : { key: visit.place, block: 'start' })
    drawEdge()
    placeChanged()
    if (items.length === 0 && !store.atStart) void older()
  }

  function welcome() {
    return h(
      'div',
      { class: 'empty' },
      icon('chat'),
      h('h2', null, t('pickConversation')),
      h('p', null, t('pickConversationHelp')),
    )
  }

  function title() {
    const conversation = current()
    if (conversation !== null) return conversationText(conversation)
    const first = items[0]?.atMs
    return visit.section === 'all' || first === null || first === undefined ? t('allMessages') : dayAndTime(first)
  }

  /** @returns {Conversation | null} */
  function current() {
    const key = conversationKey()
    return key === null ? null : store.conversation(key)
  }

  function drawHead() {
    const conversation = current()
    fill(
      head,
      button(t('back'), { class: 'icon-button back-button', icon: 'back', hideLabel: true, onClick: ui.leave }),
      conversation !== null && avatar(conversation.address, conversation.name),
      h(
        'div',
        { class: 'chat-title' },
        h('h1', null, conversation === null ? title() : conversationElement(conversation)),
        conversation !== null &&
          (channelBadge(conversation.channel, conversation.address) ?? idElement(conversation.address)),
        conversation?.kind === 'person' && conversation.channel === 'relay' && relationChip(conversation.relationship),
      ),
      segments({
        label: t('settingLayout'),
        choices: CHOICES.layout,
        chosen: ui.settings.layout,
        name: layout => t(layout === 'bubble' ? 'layoutBubble' : layout === 'table' ? 'layoutTable' : 'layoutCard'),
        choose: layout => ui.change({ layout }),
      }),
    )
  }

  function drawEdge() {
    const done = store.atStart || visit.section?.startsWith('s:')
    if (busy) fill(list.top, t('loadingOlder'))
    // A sitting begins where an earlier one ends.
    else if (done) fill(list.top, items.length === 0 ? t('noMessages') : store.atStart ? t('beginning') : '')
    else fill(list.top, button(t('olderButton'), { onClick: () => void older() }))
  }

  async function older() {
    if (busy || store.atStart || visit.section === null || visit.section.startsWith('s:')) return
    busy = true
    drawEdge()
    try {
      await store.older(conversationKey())
    } finally {
      busy = false
      if (drawn !== null) {
        follow()
        drawEdge()
      }
    }
  }

  function follow() {
    const changed = currentItems()
    if (changed === items) return
    const newest = items.at(-1)?.key
    items = changed
    if (!list.atEnd() && items.at(-1)?.key !== newest) fresh = true
    list.change(items)
    placeChanged()
  }

  /** What is at the end and on the screen was seen. */
  function placeChanged() {
    if (!list.element.isConnected || drawn === null) return
    const atEnd = list.atEnd() && store.atEnd
    if (atEnd) fresh = false
    const place = atEnd ? null : list.place()
    visit.place = place?.key ?? null
    store.focus(place)
    pill.hidden = atEnd || items.length === 0
    const text = t(fresh ? 'newMessages' : 'toNewest')
    if (pill.textContent !== text) fill(pill, icon('down'), text)
    if (atEnd && document.visibilityState === 'visible' && visit.view === 'chat') markRead()
  }

  function markRead() {
    const key = conversationKey()
    if (key !== null && (store.conversation(key)?.unread ?? 0) > 0) store.markRead(key)
    else if (visit.section === 'all' && store.unread > 0) store.markRead(null)
  }

  function toNewest() {
    store.focus(null)
    items = currentItems()
    list.show(items)
    drawEdge()
    placeChanged()
    list.element.focus()
  }

  /** Lines behind these were dropped from memory while older ones were looked at. */
  async function newer() {
    if (busy || store.atEnd || visit.section === null) return
    busy = true
    try {
      await store.newer(conversationKey())
    } finally {
      busy = false
      if (drawn !== null) follow()
    }
  }

  /** @param {Event} event */
  function onKey(event) {
    if (/** @type {KeyboardEvent} */ (event).key === 'End') toNewest()
  }

  list.element.addEventListener('keydown', onKey)
  document.addEventListener('visibilitychange', placeChanged)
  draw()

  return {
    element,
    /** @param {ReadonlySet<Part>} changed */
    update(changed) {
      if (drawn === null || drawn !== visit.section) return draw()
      if (changed.has('messages')) follow()
      if (changed.has('contacts') || changed.has('messages')) {
        drawHead()
        drawAnswer(ui, answer, { conversation: current(), items })
        drawEdge()
      }
    },
    draw,
    /** @param {Item} item */
    async reveal(item) {
      const there = await store.reveal(item)
      items = currentItems()
      if (!there || !list.show(items, { key: item.key, block: 'center' })) ui.say(t('hitGone'))
      drawEdge()
      placeChanged()
    },
    focus: () => list.element.focus(),
    close() {
      document.removeEventListener('visibilitychange', placeChanged)
      drawn = null
    },
  }
}

/** @param {number} ms */
function dayAndTime(ms) {
  const date = new Date(ms)
  return `${dayName(date, Date.now())} ${clockTime(date)}`
}
