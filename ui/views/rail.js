import { fill, h, icon } from '../dom.js'
import { t } from '../i18n.js'
import { plainText } from '../visible-text.js'
import { channelSentence, channelTone } from './channel.js'
import { moveByArrows, rove } from './list-keys.js'
import { avatar, nameText } from './party.js'
import { wechatSentence, wechatTone } from './wechat-panel.js'

/** @import { Ui, ViewName } from './ui.d.ts' */

/** @type {readonly { view: ViewName, icon: string, text: import('../i18n.js').TextKey }[]} */
const ENTRIES = [
  { view: 'chat', icon: 'chat', text: 'viewChat' },
  { view: 'contacts', icon: 'people', text: 'viewContacts' },
  { view: 'stats', icon: 'stats', text: 'viewStats' },
  { view: 'channel', icon: 'channel', text: 'viewChannel' },
  { view: 'files', icon: 'files', text: 'viewFiles' },
  { view: 'settings', icon: 'settings', text: 'viewSettings' },
]

const TONES = ['state-danger', 'state-caution', 'state-good', 'state-unknown']

/** @param {readonly string[]} tones */
function worst(tones) {
  return TONES.find(tone => tones.includes(tone)) ?? 'state-unknown'
}

/** @param {Ui} ui */
export function createRail(ui) {
  const me = h('div', { class: 'rail-me' })
  const unread = h('span', { class: 'badge', attributes: { hidden: '' } })
  const unreadWords = h('span', { class: 'visually-hidden' })
  const state = h('span', { class: 'rail-state', attributes: { 'aria-hidden': 'true' } })
  const stateWords = h('span', { class: 'visually-hidden' })
  const buttons = ENTRIES.map(one =>
    h(
      'button',
      {
        class: 'rail-button',
        attributes: { type: 'button', 'data-view': one.view },
        on: { click: () => ui.go(one.view) },
      },
      icon(one.icon),
      h('span', null, t(one.text)),
      one.view === 'chat' && unread,
      one.view === 'chat' && unreadWords,
      one.view === 'channel' && state,
      one.view === 'channel' && stateWords,
    ),
  )
  const element = h('nav', { class: 'rail', attributes: { 'aria-label': t('views') } }, me, ...buttons)
  moveByArrows(element, '.rail-button')

  function draw() {
    const { profile, channel, wechat } = ui.store
    fill(me)
    if (profile !== null) {
      const label = t('me', { name: nameText(profile.name), id: String(profile.id ?? '') })
      const picture = avatar(profile.id === null ? null : { scheme: 'relay', id: profile.id }, profile.name)
      me.append(h('span', { class: 'visually-hidden' }, label), picture)
      me.title = label
    }
    const count = ui.store.unread
    unread.hidden = count === 0
    unread.setAttribute('aria-hidden', 'true')
    fill(unread, count > 99 ? '99+' : String(count))
    fill(unreadWords, count === 0 ? '' : `, ${t('unreadCount', { n: count })}`)
    state.setAttribute('class', `rail-state ${worst([channelTone(channel.code), ...wechat.map(wechatTone)])}`)
    const troubled = wechat.filter(one => wechatTone(one) !== 'state-good')
    const told = troubled.map(one => ` ${t('wechatEvent', { name: plainText(one.name) })}: ${wechatSentence(one)}`)
    fill(stateWords, `: ${channelSentence(channel.code)}${told.join('')}`)
    for (const one of buttons) {
      if (one.dataset['view'] === ui.visit.view) one.setAttribute('aria-current', 'page')
      else one.removeAttribute('aria-current')
    }
    rove(element, '.rail-button', element.querySelector('[aria-current="page"]'))
  }

  draw()
  return { element, draw }
}
