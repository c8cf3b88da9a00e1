import { button, fill, h, icon } from '../dom.js'
import { t } from '../i18n.js'
import { shortTime, timeElement } from '../times.js'
import { conversationEntry, entry } from './conversation-entry.js'

import { avatar, partyText, peerElement, textNodes } from './party.js'

/** @import { Item } from '../data/types.d.ts' */
/** @import { Ui } from './ui.d.ts' */

/** Typing is not answered letter by letter. */
const PAUSE_MS = 200
const MOST_HITS = 200
const MOST_PEOPLE = 20

/** How much of a long message stands before the hit. */
const BEFORE_HIT = 24
const SHOWN_CHARACTERS = 120

/**
 * @param {Ui} ui
 * @param {() => void} redraw the list, in which the results stand
 */
export function createSearch(ui, redraw) {
  const { store, visit } = ui
  /** @type {AbortController | null} */
  let running = null
  /** @type {readonly Item[]} */
  let hits = []
  let done = 0
  let complete = false
  let timer = 0
  const input = h('input', {
    attributes: {
      type: 'search',
      placeholder: t('search'),
      'aria-label': t('search'),
      'aria-keyshortcuts': '/',
      autocomplete: 'off',
      spellcheck: 'false',
    },
    on: { input: typed, keydown: onKey },
  })
  input.value = visit.query
  const field = h('div', { class: 'search', attributes: { role: 'search' } }, icon('search'), input)
  if (visit.query !== '') void run()

  function typed() {
    clearTimeout(timer)
    timer = window.setTimeout(() => {
      visit.query = input.value.trim()
      void run()
    }, PAUSE_MS)
  }

  /** @param {Event} event */
  function onKey(event) {
    const { key } = /** @type {KeyboardEvent} */ (event)
    if (key === 'ArrowDown') {
      event.preventDefault()
      const first = field.closest('.list-pane')?.querySelector('.conversation')
      if (first instanceof HTMLElement) first.focus()
    }
  }

  async function run() {
    running?.abort()
    hits = []
    done = 0
    complete = false
    visit.marked = ''
    if (visit.query === '') {
      running = null
      redraw()
      return
    }
    const own = new AbortController()
    running = own
    redraw()
    try {
      const result = await store.search({
        text: visit.query,
        channel: visit.channel,
        limit: MOST_HITS,
        signal: own.signal,
        onProgress(progress) {
          if (running !== own) return
          hits = progress.hits
          done = progress.done
          redraw()
        },
      })
      if (running !== own) return
      hits = result.hits
      complete = result.complete
      ui.say(complete ? t('searchDone', { n: hits.length }) : t('searchPartly', { n: hits.length }))
    } finally {
      if (running === own) {
        running = null
        redraw()
      }
    }
  }

  function progress() {
    if (running === null) {
      return h('li', { class: 'list-group' }, t(complete ? 'searchDone' : 'searchPartly', { n: hits.length }))
    }
    return h(
      'li',
      { class: 'search-progress' },
      h('span', null, t('searchRunning', { percent: Math.round(done * 100) })),
      button(t('searchStop'), { onClick: () => running?.abort() }),
    )
  }

  /** @param {Item} item */
  function hitEntry(item) {
    const party = item.direction === 'out' ? item.recipient : item.sender
    const line = h('span', { class: 'conversation-last', attributes: { dir: 'auto' } })
    fill(line, textNodes(aroundHit(item, visit.query), visit.query))
    const date = item.atMs === null ? null : new Date(item.atMs)
    const open = () => ui.open(`c:${item.conversation}`, { item, query: visit.query })

    return entry(
      ui,
      { section: `h:${item.key}`, open },
      avatar(party?.address ?? null, party?.name ?? ''),
      h(
        'span',
        { class: 'conversation-name' },
        party === null ? partyText(null) : peerElement(party.address, party.name, visit.query),
      ),
      date === null ? h('span') : timeElement(date, shortTime(date, Date.now())),
      line,
    )
  }

  return {
    field,
    results() {
      const people = store.conversations({ text: visit.query, channel: visit.channel }).slice(0, MOST_PEOPLE)
      return [
        people.length > 0 && h('li', { class: 'list-group' }, t('searchPeople')),
        ...people.map(one => conversationEntry(ui, one, { query: visit.query })),
        h('li', { class: 'list-group' }, t('searchMessages')),
        ...hits.map(hitEntry),
        progress(),
      ].filter(one => one !== false)
    },
    focus() {
      input.focus()
      input.select()
    },
    /** @returns {boolean} false: there was nothing to clear */
    clear() {
      if (input.value === '' && visit.query === '') return false
      input.value = ''
      visit.query = ''
      void run()
      return true
    },
    close() {
      clearTimeout(timer)
      running?.abort()
      running = null
    },
  }
}

/** @param {Item} item @param {string} query */
function aroundHit(item, query) {
  const text = [item.content, item.attachment ?? '', item.quote?.text ?? '']
    .filter(Boolean)
    .join(' · ')
    .replace(/\s+/g, ' ')
  const at = text.toLowerCase().indexOf(query.toLowerCase())
  const from = Math.max(0, at - BEFORE_HIT)
  return `${from > 0 ? '…' : ''}${text.slice(from, from + SHOWN_CHARACTERS)}`
}
