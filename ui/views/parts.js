import { h } from '../dom.js'
import { currentLanguage, t } from '../i18n.js'
import { ago, dateOf, timeElement } from '../times.js'
import { textNodes } from './party.js'

/** @import { PartState, Stats } from '../data/types.d.ts' */

const TOLD = new Set(['state', 'since_utc', 'reason'])

/**
 * Accounts and what is forwarded, with their states, as `stats.json` tells them. Those at WeChat have a panel of theirs.
 *
 * @param {Stats | null} stats
 * @returns {HTMLElement[]}
 */
export function partsTables(stats) {
  if (stats === null) return []
  const accounts = stats.accounts.filter(({ name }) => !name.startsWith('wechat:'))
  return [partsPanel(t('accounts'), accounts, t('noAccounts')), partsPanel(t('sinks'), stats.sinks, t('noSinks'))]
}

/** @param {string} title @param {readonly PartState[]} parts @param {string} nothing */
function partsPanel(title, parts, nothing) {
  const head = [t('partName'), t('partState'), t('partSince'), t('partFacts')]
  return h(
    'section',
    { class: 'panel', attributes: { 'aria-label': title } },
    h('h2', null, title),
    parts.length === 0
      ? h('p', { class: 'quiet' }, nothing)
      : h(
          'table',
          { class: 'rows' },
          h('thead', null, h('tr', null, ...head.map(one => h('th', { attributes: { scope: 'col' } }, one)))),
          h('tbody', null, ...parts.map(partRow)),
        ),
  )
}

/** @param {PartState} part */
function partRow(part) {
  const since = dateOf(part.sinceAt)
  const facts = Object.entries(part.facts)
    .filter(([name]) => !TOLD.has(name))
    .map(([name, value]) => `${name}=${value}`)
  if (part.reason !== null) facts.unshift(`reason=${part.reason}`)
  return h(
    'tr',
    null,
    h('th', { attributes: { scope: 'row' } }, textNodes(part.name.slice(0, 200))),
    h('td', null, textNodes((part.state ?? '–').slice(0, 200))),
    h('td', null, since === null ? '–' : timeElement(since, ago(since, Date.now()))),
    h(
      'td',
      null,
      textNodes(facts.join('  ').slice(0, 2000)),
      part.advice !== null && h('p', null, textNodes(part.advice[currentLanguage()].slice(0, 500))),
    ),
  )
}
