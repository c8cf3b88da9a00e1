import { createStore } from './data/store.js'
import { fill, h } from './dom.js'
import { setLanguage, t } from './i18n.js'
import { languageOf, loadSettings, saveSettings } from './settings.js'
import { createAnnouncer } from './views/announcer.js'
import { createShell } from './views/shell.js'

/** @import { Part } from './data/types.d.ts' */
/** @import { Settings } from './settings.js' */
/** @import { Ui, Visit } from './views/ui.d.ts' */

/** Put together here; everything below is handed what it needs. */

const root = /** @type {HTMLElement} */ (document.getElementById('app'))
const dark = matchMedia('(prefers-color-scheme: dark)')
/** One pane at a time: `styles/narrow.css` says the same. */
const narrow = matchMedia('(max-width: 760px)')
const keeper = storage()
let settings = loadSettings(keeper)
let kept = saveSettings(keeper, settings)
let shell = /** @type {ReturnType<typeof createShell> | null} */ (null)
/** @type {Set<string>} */
const dismissed = new Set()

const store = createStore({
  fetch: (url, options) => fetch(url, options),
  connect: url => new EventSource(url),
  storage: keeper,
})

/** @type {Visit} */
const visit = { view: 'chat', section: null, channel: null, query: '', marked: '', place: null }

/** @type {Ui} */
const ui = {
  store,
  visit,
  get settings() {
    return settings
  },
  get settingsKept() {
    return kept
  },
  change,
  go(view) {
    visit.view = view
    shell?.show()
    shell?.focusMain()
  },
  open(section, at) {
    visit.section = section
    visit.marked = at?.query ?? ''
    visit.place = null
    if (visit.view !== 'chat') {
      visit.view = 'chat'
      shell?.show()
    }
    void shell?.open(at?.item)
  },
  leave() {
    visit.section = null
    shell?.leave()
    shell?.show()
  },
  say: text => announcer.say(text),
  redraw,
}

const announcer = createAnnouncer(ui)

/** @param {Partial<Settings>} chosen */
function change(chosen) {
  settings = { ...settings, ...chosen }
  kept = saveSettings(keeper, settings)
  if (chosen.autoRefresh !== undefined || chosen.refreshSeconds !== undefined) {
    store.setAutoRefresh(settings.autoRefresh, settings.refreshSeconds)
  }
  if (chosen.split !== undefined) visit.section = chosen.split === 'time' && !narrow.matches ? 'all' : null
  redraw()
}

/** Everything anew; what had the focus has it again, where it still exists. */
function redraw() {
  const focused = pathOf(document.activeElement)
  dress()
  shell?.close()
  shell = createShell(ui, dismissed, code => {
    dismissed.add(code)
    shell?.drawBanner()
  })
  const skip = h('a', { class: 'skip-link' }, t('skip'))
  skip.href = '#content'
  fill(root, skip, shell.element, announcer.element)
  shell.show()
  const again = focused === null ? null : root.querySelector(focused)
  if (again instanceof HTMLElement) again.focus({ preventScroll: true })
}

function dress() {
  const language = languageOf(settings.language, navigator.languages)
  setLanguage(language)
  const page = document.documentElement
  page.lang = language === 'zh' ? 'zh-CN' : 'en'
  page.dataset['theme'] = settings.theme === 'auto' ? (dark.matches ? 'dark' : 'light') : settings.theme
  page.dataset['font'] = settings.fontSize
}

/** Only attributes with values of ours. @param {Element | null} element */
function pathOf(element) {
  const choice = element?.getAttribute('data-choice') ?? null
  const group = element?.closest('.segments')
  if (choice === null || group === null || group === undefined) return null
  const place = group.closest('.setting') !== null ? '.setting ' : ''
  return `${place}[data-choice="${CSS.escape(choice)}"]`
}

function storage() {
  try {
    return window.localStorage
  } catch {
    // Refused by the browser: nothing is kept.
    return { getItem: () => null, setItem: refuse }
  }
}

function refuse() {
  throw new Error('This browser keeps nothing for this page')
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const typing = event.target instanceof HTMLInputElement
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault()
    if (visit.view !== 'chat') ui.go('chat')
    if (narrow.matches && visit.section !== null) ui.leave()
    shell?.focusSearch()
  } else if (event.key === 'Escape') {
    if (shell?.clearSearch()) return
    if (visit.view !== 'chat') ui.go('chat')
    else if (visit.section !== null) ui.leave()
  }
}

/** @param {ReadonlySet<Part>} changed */
function onChange(changed) {
  shell?.update(changed)
  if (changed.has('messages')) announcer.look()
}

dark.addEventListener('change', dress)
document.addEventListener('keydown', onKey)
if (settings.split === 'time' && !narrow.matches) visit.section = 'all'
redraw()
store.subscribe(onChange)
store.setAutoRefresh(settings.autoRefresh, settings.refreshSeconds)
store.start()
