import { button, fill, h } from '../dom.js'
import { locale, t } from '../i18n.js'
import { ago, dateOf } from '../times.js'
import { barChart, seriesTable } from './chart.js'
import { partsTables } from './parts.js'
import { wechatPanel } from './wechat-panel.js'

/** @import { Part } from '../data/types.d.ts' */
/** @import { Ui } from './ui.d.ts' */

/** @param {Ui} ui */
export function createStats(ui) {
  const { store } = ui
  const figures = h('dl', { class: 'figures' })
  const sync = h('p', { class: 'quiet' })
  const parts = h('div')
  const hours = chartPanel(ui, 'hour')
  const days = chartPanel(ui, 'day')
  const element = h(
    'div',
    { class: 'page', attributes: { tabindex: '0', 'aria-label': t('viewStats'), role: 'region' } },
    h(
      'div',
      { class: 'page-inner' },
      h('div', { class: 'page-head' }, h('h1', null, t('viewStats')), sync),
      figures,
      h('div', { class: 'charts' }, hours.element, days.element),
      parts,
    ),
  )

  function draw() {
    const { stats, snapshot } = store
    if (stats === null) {
      fill(figures)
      fill(sync, t('noStats'))
    } else {
      const last = dateOf(stats.lastSyncAt)
      fill(sync, last === null ? '' : t('lastSync', { when: ago(last, Date.now()) }))
      fill(
        figures,
        figure(t('received'), stats.received),
        figure(t('sent'), stats.sent),
        figure(t('friends'), stats.friends),
        figure(t('pendingIncoming'), stats.pendingIncoming),
        figure(t('pendingOutgoing'), stats.pendingOutgoing),
        snapshot !== null && figure(t('agentUnread'), snapshot.unread),
        figure(t('copiesDropped'), stats.copiesDropped),
      )
    }
    fill(parts, wechatPanel(ui), ...partsTables(stats))
  }

  draw()
  return {
    element,
    /** @param {ReadonlySet<Part>} changed */
    update(changed) {
      if (changed.has('stats') || changed.has('snapshot')) draw()
      if (changed.has('messages')) {
        hours.draw()
        days.draw()
      }
    },
  }
}

/** @param {string} name @param {number} value */
function figure(name, value) {
  return h('div', { class: 'figure' }, h('dt', { class: 'quiet' }, name), h('dd', null, value.toLocaleString(locale())))
}

/** @param {Ui} ui @param {'hour' | 'day'} unit */
function chartPanel(ui, unit) {
  let table = false
  const title = t(unit === 'hour' ? 'perHour' : 'perDay')
  const body = h('div')
  const note = h('div', { class: 'toolbar quiet' })
  const toggle = button('', {
    onClick: () => {
      table = !table
      draw()
    },
  })
  const element = h(
    'section',
    { class: 'panel', attributes: { 'aria-label': title } },
    h('div', { class: 'page-head' }, h('h2', null, title), toggle),
    h(
      'p',
      { class: 'legend', attributes: { 'aria-hidden': 'true' } },
      h('span', null, h('span', { class: 'legend-key legend-received' }), t('received')),
      h('span', null, h('span', { class: 'legend-key legend-sent' }), t('sent')),
    ),
    body,
    note,
  )
  const format = new Intl.DateTimeFormat(
    locale(),
    unit === 'hour' ? { hour: '2-digit', minute: '2-digit', hour12: false } : { month: 'numeric', day: 'numeric' },
  )
  const name = (/** @type {number} */ ms) => format.format(ms)

  function draw() {
    const series = ui.store.series(unit)
    fill(toggle, t(table ? 'asChart' : 'asTable'))
    const column = t(unit === 'hour' ? 'hour' : 'day')
    fill(
      body,
      table
        ? seriesTable({ title, series, name, column })
        : barChart({ title, series, name, every: unit === 'hour' ? 3 : 5 }),
    )
    fill(
      note,
      !series.complete && t('seriesPartly'),
      !series.complete && button(t('loadThem'), { onClick: () => void ui.store.older(null) }),
    )
  }

  draw()
  return { element, draw }
}
