import { arrange, button, fill, h } from '../dom.js'
import { t } from '../i18n.js'
import { CHOICES } from '../settings.js'
import { shortTime } from '../times.js'
import { allEntry, conversationEntry, sectionOf, sessionEntry } from './conversation-entry.js'
import { moveByArrows, rove } from './list-keys.js'
import { channelName, conversationText } from './party.js'
import { firstStep, problemPanel } from './problems.js'
import { createSearch } from './search.js'
import { segments } from './segments.js'

/** @import { Channel, Conversation, Part } from '../data/types.d.ts' */
/** @import { Ui } from './ui.d.ts' */

const ENTRIES = '.conversation'

/** Entries drawn at first, and how many come with each "more". */
const STEP = 150

/** @type {readonly (Channel | 'all')[]} */
const CHANNELS = ['all', 'relay', 'wechat', 'webhook']

/** @param {Ui} ui */
export function createConversationList(ui) {
  const { store, visit } = ui
  let shown = STEP
  /** @type {Map<string, { state: string, element: HTMLElement }>} */
  const made = new Map()
  const search = createSearch(ui, draw)
  const controls = h('div', { class: 'list-head' })
  const list = h('ul', { class: 'conversations', attributes: { 'aria-label': t('conversations') } })
  const foot = h('div', { class: 'list-foot' })
  const element = h(
    'section',
    { class: 'list-pane', attributes: { 'aria-label': t('conversations') } },
    controls,
    list,
    foot,
  )
  moveByArrows(list, ENTRIES)

  function drawControls() {
    fill(
      controls,
      search.field,
      segments({
        label: t('split'),
        choices: CHOICES.split,
        chosen: ui.settings.split,
        name: split => t(split === 'friend' ? 'splitFriend' : split === 'session' ? 'splitSession' : 'splitTime'),
        choose: split => {
          ui.change({ split })
        },
      }),
      severalChannels() &&
        segments({
          label: t('channelFilter'),
          choices: CHANNELS,
          chosen: visit.channel ?? 'all',
          name: channel => (channel === 'all' ? t('channelAll') : channelName(channel)),
          choose: channel => {
            visit.channel = channel === 'all' ? null : channel
            ui.redraw()
          },
        }),
    )
  }

  /** Who has one channel only is not asked which. */
  function severalChannels() {
    return visit.channel !== null || store.conversations().some(one => one.channel !== null && one.channel !== 'relay')
  }

  function draw() {
    const focused = focusedSection()
    arrange(list, visit.query === '' ? entries() : search.results())
    const current = list.querySelector('[aria-current="true"]')
    rove(list, ENTRIES, current)
    if (focused !== null && !list.contains(document.activeElement)) {
      const again = [...list.querySelectorAll(ENTRIES)].find(one => sectionOf(one) === focused)
      if (again instanceof HTMLElement) again.focus({ preventScroll: true })
    }
    drawFoot()
  }

  function focusedSection() {
    const focused = list.contains(document.activeElement) ? document.activeElement : null
    return sectionOf(focused)
  }

  /** @returns {HTMLElement[]} */
  function entries() {
    const filter = { channel: visit.channel }
    /** @type {HTMLElement[]} */
    let all
    if (ui.settings.split === 'time') all = [allEntry(ui)]
    else if (ui.settings.split === 'session') {
      const sections = store.sections('session', filter).toReversed()
      all = sections.slice(0, shown).map(section => sessionEntry(ui, section))
      if (sections.length > shown) all.push(more())
    } else {
      const people = store.conversations(filter)
      const names = countNames(people)
      all = people.slice(0, shown).map(one => kept(one, (names.get(sameName(one)) ?? 0) > 1))
      if (people.length > shown) all.push(more())
    }
    return all.length > 0 ? all : nothing()
  }

  /** Where one pane fits only, what to do first stands here. */
  function nothing() {
    const problem = firstStep(store.problems)
    return [
      h('li', { class: 'list-group' }, store.loading ? t('loading') : t('noConversations')),
      ...(problem === null ? [] : [h('li', { class: 'only-narrow' }, problemPanel(ui, problem))]),
    ]
  }

  /**
   * What did not change is not made anew: a reader's focus stays in it.
   *
   * @param {Conversation} one
   * @param {boolean} withId
   */
  function kept(one, withId) {
    const { name, last, lastAtMs, unread, address } = one
    const time = lastAtMs === null ? '' : shortTime(new Date(lastAtMs), Date.now())
    const current = visit.section === `c:${one.key}`
    const state = JSON.stringify([name, address, last, time, unread, current, withId])
    const before = made.get(one.key)
    if (before?.state === state) return before.element
    const element = conversationEntry(ui, one, { withId })
    made.set(one.key, { state, element })
    return element
  }

  function more() {
    const onClick = () => {
      shown += STEP
      draw()
    }
    return h('li', { class: 'messages-edge' }, button(t('showMore'), { onClick }))
  }

  function drawFoot() {
    const { mode } = store.live
    const paused = mode === 'paused'
    const text =
      mode === 'live'
        ? t('live')
        : paused
          ? t('livePaused')
          : mode === 'polling'
            ? t('livePolling', { n: ui.settings.refreshSeconds })
            : t('liveConnecting')
    fill(
      foot,
      h(
        'span',
        { attributes: { 'data-live': mode } },
        h('span', { class: `live-dot ${mode === 'live' ? 'state-good' : paused ? 'state-unknown' : 'state-caution'}` }),
        text,
      ),
      button(t('refreshNow'), {
        class: 'icon-button',
        icon: 'refresh',
        hideLabel: true,
        onClick: () => void store.refresh(),
      }),
      button(t(paused ? 'resumeRefresh' : 'pauseRefresh'), {
        class: 'icon-button',
        icon: paused ? 'play' : 'pause',
        hideLabel: true,
        onClick: () => ui.change({ autoRefresh: paused }),
      }),
    )
  }

  drawControls()
  draw()

  return {
    element,
    /** @param {ReadonlySet<Part>} changed */
    update(changed) {
      const several = controls.childElementCount > 2
      if (several !== severalChannels()) drawControls()
      if (changed.has('messages') || changed.has('contacts') || changed.has('read')) draw()
      else if (changed.has('live')) drawFoot()
    },
    draw,
    focusSearch: search.focus,
    clearSearch: search.clear,
    focusCurrent() {
      const current = list.querySelector(`${ENTRIES}[tabindex="0"]`)
      if (current instanceof HTMLElement) current.focus()
    },
    close: search.close,
  }
}

/** Names that look alike to a reader in a hurry. @param {Conversation} conversation */
function sameName(conversation) {
  return conversationText(conversation).normalize('NFKC').trim().toLowerCase()
}

/** @param {readonly Conversation[]} conversations */
function countNames(conversations) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const one of conversations) counts.set(sameName(one), (counts.get(sameName(one)) ?? 0) + 1)
  return counts
}
