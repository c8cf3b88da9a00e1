import { button, fill, h, icon } from '../dom.js'
import { t } from '../i18n.js'
import { ago, dateOf, exactTime } from '../times.js'
import { plainText } from '../visible-text.js'
import { commandLine } from './command-line.js'
import { avatar, idElement, idText, peerElement, relationChip, relationText, textNodes } from './party.js'
import { segments } from './segments.js'

/** @import { Contact, Part } from '../data/types.d.ts' */
/** @import { Ui } from './ui.d.ts' */

const STEP = 100
const DESCRIPTION_LIMIT = 300

/** @type {readonly ('all' | 'accepted' | 'pending_incoming' | 'pending_outgoing' | 'blocked' | 'none')[]} */
const FILTERS = ['all', 'accepted', 'pending_incoming', 'pending_outgoing', 'blocked', 'none']

/** @param {Ui} ui */
export function createContacts(ui) {
  /** @type {typeof FILTERS[number]} */
  let filter = 'all'
  let shown = STEP
  const count = h('p', { class: 'quiet', attributes: { role: 'status' } })
  const mine = h('p', { class: 'quiet' })
  const tools = h('div', { class: 'toolbar' })
  const list = h('ul', { class: 'person-list' })
  const foot = h('div', { class: 'messages-edge' })
  const input = h('input', {
    attributes: { type: 'search', placeholder: t('contactsSearch'), 'aria-label': t('contactsSearch') },
    on: { input: draw },
  })
  const element = h(
    'div',
    { class: 'page', attributes: { tabindex: '0', 'aria-label': t('viewContacts'), role: 'region' } },
    h(
      'div',
      { class: 'page-inner' },
      h('div', { class: 'page-head' }, h('h1', null, t('viewContacts')), mine, count),
      h('div', { class: 'page-head' }, h('div', { class: 'search' }, icon('search'), input), tools),
      list,
      foot,
    ),
  )

  function draw() {
    const query = input.value.trim().toLowerCase()
    const all = ui.store.contacts.filter(one => fits(one, query))
    fill(mine, statusText(ui.store.profile?.status ?? null))
    fill(count, t('contactsCount', { n: all.length }))
    fill(
      tools,
      segments({
        label: t('contactsFilter'),
        choices: FILTERS,
        chosen: filter,
        name: one => (one === 'all' ? t('channelAll') : relationText(one === 'none' ? null : one)),
        choose: one => {
          filter = one
          shown = STEP
          draw()
        },
      }),
    )
    fill(list, ...all.slice(0, shown).map(one => person(ui, one, query)))
    fill(foot, rest(all.length))
  }

  /** @param {number} total */
  function rest(total) {
    if (total > shown) {
      return button(t('showMore'), {
        onClick: () => {
          shown += STEP
          draw()
        },
      })
    }
    if (total > 0) return null
    if (ui.store.contacts.length > 0) return h('p', null, t('nothingMatches'))
    return h(
      'div',
      { class: 'empty' },
      icon('people'),
      h('h2', null, t('noContacts')),
      h('p', null, t('noContactsHelp')),
      commandLine(ui, 'npm run -s im -- users'),
    )
  }

  /** @param {Contact} contact @param {string} query */
  function fits(contact, query) {
    if (filter !== 'all' && (contact.relationship ?? 'none') !== filter) return false
    const text = `${contact.name}\n${contact.description ?? ''}\n${idText(contact.address)}`
    return query === '' || text.toLowerCase().includes(query)
  }

  draw()
  return {
    element,
    /** @param {ReadonlySet<Part>} changed */
    update(changed) {
      if (changed.has('contacts') || changed.has('profile')) draw()
    },
  }
}

/** @param {Ui} ui @param {Contact} contact @param {string} query */
function person(ui, contact, query) {
  const seen = dateOf(contact.lastSeenAt)
  const description = contact.description ?? ''
  return h(
    'li',
    { class: 'person' },
    avatar(contact.address, contact.name),
    h(
      'div',
      { class: 'person-text' },
      h('h3', null, peerElement(contact.address, contact.name, query), ' ', idElement(contact.address)),
      relationChip(contact.relationship),
      description !== '' &&
        h('p', { attributes: { dir: 'auto' } }, textNodes(description.slice(0, DESCRIPTION_LIMIT), query)),
      h(
        'p',
        { class: 'quiet', attributes: { title: seen === null ? undefined : exactTime(seen) } },
        seen === null ? t('neverSeen') : t('lastSeen', { when: ago(seen, Date.now()) }),
      ),
      button(t('openChat'), { icon: 'chat', onClick: () => ui.open(`c:${contact.key}`) }),
    ),
  )
}

/** @param {string | null} status */
function statusText(status) {
  if (status === null) return ''
  const words =
    status === 'open'
      ? t('statusOpen')
      : status === 'friends_only'
        ? t('statusFriends')
        : status === 'do_not_disturb'
          ? t('statusDnd')
          : plainText(status.slice(0, 40))
  return `${t('myStatus')}: ${words}`
}
