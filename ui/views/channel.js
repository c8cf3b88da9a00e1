import { button, fill, h } from '../dom.js'
import { t, textFor } from '../i18n.js'
import { ago, clockTime, dayKey, dayName, exactTime, timeElement } from '../times.js'
import { plainText } from '../visible-text.js'
import { partsTables } from './parts.js'
import { textNodes } from './party.js'
import { wechatPanel, wechatReason } from './wechat-panel.js'

/** @import { ChannelCode, Part, TimelineEntry } from '../data/types.d.ts' */
/** @import { Ui } from './ui.d.ts' */

/** Rows of the timeline at first, and with each click. */
const STEP = 80

/** @type {ReadonlySet<ChannelCode>} */
const TROUBLE = new Set(['silent', 'reconnecting', 'fallback', 'connecting', 'stale', 'config_invalid'])

/** @param {ChannelCode} code */
export function channelTone(code) {
  if (code === 'connected') return 'state-good'
  if (code === 'unknown' || code === 'not_registered') return 'state-unknown'
  return TROUBLE.has(code) ? 'state-caution' : 'state-danger'
}

/** @param {ChannelCode} code */
export function channelSentence(code) {
  return t(`code_${code}`)
}

/** @param {Ui} ui */
export function createChannel(ui) {
  const { store } = ui
  let shown = STEP
  const now = h('section', { class: 'panel', attributes: { 'aria-label': t('channelNow') } })
  const list = h('div')
  const foot = h('div', { class: 'messages-edge' })
  const parts = h('div')
  const wechat = h('div')
  const element = h(
    'div',
    { class: 'page', attributes: { tabindex: '0', 'aria-label': t('viewChannel'), role: 'region' } },
    h(
      'div',
      { class: 'page-inner' },
      h('div', { class: 'page-head' }, h('h1', null, t('viewChannel'))),
      wechat,
      now,
      h(
        'section',
        { class: 'panel', attributes: { 'aria-label': t('timeline') } },
        h('h2', null, t('timeline')),
        list,
        foot,
      ),
      parts,
    ),
  )

  function drawNow() {
    const { code, sinceMs, reason, lastByteMs, heardMs, nextTryMs } = store.channel
    fill(
      now,
      store.wechat.length > 0 && h('h2', null, t('channelRelay')),
      h(
        'p',
        { class: 'lead' },
        h('span', { class: `lead-dot ${channelTone(code)}`, attributes: { 'aria-hidden': 'true' } }),
        h('span', { attributes: { 'data-code': code } }, channelSentence(code)),
      ),
      fact('channelSince', sinceMs),
      reason !== null && h('p', { class: 'quiet' }, t('channelReason', { reason: reasonText(reason) })),
      fact('channelLastByte', lastByteMs),
      fact('channelNextTry', nextTryMs),
      code !== 'connected' && fact('channelHeard', heardMs),
    )
  }

  function drawTimeline() {
    const entries = store.timeline.slice(-shown).toReversed()
    /** @type {HTMLElement[]} */
    const blocks = []
    let day = ''
    let rows = h('ol', { class: 'timeline' })
    for (const entry of entries) {
      const date = entry.toMs === null ? null : new Date(entry.toMs)
      if (date !== null && dayKey(date) !== day) {
        day = dayKey(date)
        rows = h('ol', { class: 'timeline' })
        blocks.push(h('h3', { class: 'day' }, dayName(date, Date.now())), rows)
      } else if (blocks.length === 0) blocks.push(rows)
      rows.append(timelineRow(entry))
    }
    fill(list, ...(blocks.length > 0 ? blocks : [h('p', { class: 'quiet' }, t('timelineEmpty'))]))
    fill(foot, entries.length > 0 && button(t('timelineOlder'), { onClick: () => void older() }))
  }

  async function older() {
    const more = store.timeline.length > shown || (await store.olderTimeline())
    shown += STEP
    drawTimeline()
    if (!more) fill(foot, t('beginning'))
  }

  function draw() {
    fill(wechat, wechatPanel(ui))
    drawNow()
    drawTimeline()
    fill(parts, ...partsTables(store.stats))
  }

  draw()
  return {
    element,
    /** @param {ReadonlySet<Part>} changed */
    update(changed) {
      if (changed.has('channel') || changed.has('stats') || changed.has('snapshot')) draw()
    },
  }
}

/** @param {'channelSince' | 'channelLastByte' | 'channelNextTry' | 'channelHeard'} key @param {number | null} ms */
function fact(key, ms) {
  if (ms === null) return null
  const date = new Date(ms)
  const when = key === 'channelSince' || key === 'channelNextTry' ? exactTime(date) : ago(date, Date.now())
  return h('p', { class: 'quiet', attributes: { title: exactTime(date) } }, t(key, { when }))
}

/** @param {TimelineEntry} entry */
function timelineRow(entry) {
  const { event, text, count, kind, fromMs, toMs } = entry
  const tone =
    kind === 'good'
      ? 'state-good'
      : kind === 'bad'
        ? 'state-danger'
        : kind === 'trouble'
          ? 'state-caution'
          : 'state-unknown'
  const { reason, ...others } = factsOf(entry)
  const facts = Object.entries(others).map(([name, value]) => `${name}=${value}`)
  const date = toMs === null ? null : new Date(toMs)
  const first = fromMs === null || fromMs === toMs ? '' : `${clockTime(new Date(fromMs))} – `
  return h(
    'li',
    { attributes: { title: event } },
    h('span', { class: `timeline-dot ${tone}`, attributes: { 'aria-hidden': 'true' } }),
    date === null ? h('span') : timeElement(date, `${first}${clockTime(date)}`),
    h(
      'span',
      { class: 'timeline-text' },
      eventText(entry),
      reason !== undefined && h('span', null, ' · ', textNodes(reasonOf(entry, reason))),
      text !== '' && h('span', null, ': ', h('bdi', null, textNodes(text.slice(0, 2000)))),
      ' ',
      facts.length > 0 && h('span', { class: 'quiet' }, textNodes(facts.join('  ').slice(0, 600))),
    ),
    count > 1 && h('span', { class: 'chip' }, t('times', { n: count })),
  )
}

/** What an account at WeChat told: its name stands in the sentence. @param {TimelineEntry} entry */
function wechatNameOf({ event, fields }) {
  const account = event === 'AUTH_REFUSED' ? fields['account'] : event === 'SINK_STATE' ? fields['sink'] : undefined
  return account?.startsWith('wechat:') ? account.slice('wechat:'.length) : null
}

/** @param {TimelineEntry} entry */
function factsOf(entry) {
  if (wechatNameOf(entry) === null) return entry.fields
  const { account: _account, sink: _sink, state: _state, ...others } = entry.fields
  return others
}

/** @param {TimelineEntry} entry */
function eventText(entry) {
  const { event, fields } = entry
  const account = wechatNameOf(entry)
  if (account === null) return textFor('event_', event) ?? plainText(event)
  const name = plainText(account.slice(0, 60))
  if (event === 'AUTH_REFUSED') return t('wechatEventLogin', { name })
  const state = fields['state'] ?? ''
  const sentence = textFor('wechat_state_', state, { state: '' }) ?? plainText(state.slice(0, 40))
  return `${t('wechatEvent', { name })}: ${sentence}`
}

/** @param {TimelineEntry} entry @param {string} reason */
function reasonOf(entry, reason) {
  return wechatNameOf(entry) === null ? reasonText(reason) : wechatReason(reason)
}

/** @param {string} reason */
function reasonText(reason) {
  return textFor('reason_', reason) ?? plainText(reason.slice(0, 200))
}
