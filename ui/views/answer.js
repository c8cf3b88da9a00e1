import { fill, h } from '../dom.js'
import { t } from '../i18n.js'
import { answerCommand } from './answer-command.js'
import { commandLine } from './command-line.js'

/** @import { Conversation, Item } from '../data/types.d.ts' */
/** @import { Ui } from './ui.d.ts' */

/** Ids that may stand beside a button that copies them. */
const PLAIN_ID = /^[\w@.-]{1,200}$/

/**
 * How to answer, or why nobody can.
 *
 * @param {Ui} ui
 * @param {HTMLElement} footer
 * @param {{ conversation: Conversation | null, items: readonly Item[] }} shown
 */
export function drawAnswer(ui, footer, { conversation, items }) {
  const address = conversation?.address ?? null
  const isRefused = items.findLast(item => item.direction === 'in')?.state === 'refused'
  const command = isRefused ? null : answerCommand(address)
  footer.hidden = command === null && !isRefused
  if (command !== null) fill(footer, h('span', { class: 'quiet' }, t('answerWith')), commandLine(ui, command))
  else if (isRefused && address?.scheme === 'wechat') {
    fill(
      footer,
      h('span', { class: 'answer-refused' }, t('senderRefusedHelp')),
      PLAIN_ID.test(address.user) && commandLine(ui, address.user),
    )
  } else footer.hidden = true
}
