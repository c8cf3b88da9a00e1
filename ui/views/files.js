import { button, fill, h, icon } from '../dom.js'
import { t } from '../i18n.js'
import { readPart } from '../tail-file.js'
import { textNodes } from './party.js'
import { segments } from './segments.js'

/** @import { FileName, Part } from '../data/types.d.ts' */
/** @import { View } from './ui.d.ts' */

/** @type {readonly [FileName, ...FileName[]]} */
const FILES = [
  'conversations.md',
  'inbox_pushed.md',
  'sse_channel.log',
  'profile.json',
  'contacts.json',
  'stats.json',
  'context_snapshot.json',
]

/** Which news may have changed a file. @type {Readonly<Record<FileName, Part>>} */
const PART_OF = {
  'conversations.md': 'messages',
  'inbox_pushed.md': 'messages',
  'sse_channel.log': 'channel',
  'profile.json': 'profile',
  'contacts.json': 'contacts',
  'stats.json': 'stats',
  'context_snapshot.json': 'snapshot',
}

/** So much is kept on the page: about two megabytes. */
const MOST_PARTS = 32

/** @returns {View} */
export function createFiles() {
  /** @type {FileName} */
  let name = FILES[0]
  /** The first byte that is shown, and the file it belongs to. @type {{ before: number, tag: string } | null} */
  let known = null
  let parts = 0
  let asked = 0
  const tools = h('div', { class: 'toolbar' })
  const note = h('p', { class: 'quiet', attributes: { role: 'status' } })
  const pre = h('pre', { class: 'raw', attributes: { tabindex: '0', role: 'region' } })
  const older = button(t('olderButton'), { onClick: () => void loadOlder() })
  const element = h(
    'div',
    { class: 'page', attributes: { tabindex: '0', 'aria-label': t('viewFiles'), role: 'region' } },
    h(
      'div',
      { class: 'page-inner' },
      h('div', { class: 'page-head' }, h('h1', null, t('viewFiles'))),
      tools,
      h('div', { class: 'page-head file-head' }, note, older),
      pre,
    ),
  )

  function drawTools() {
    pre.setAttribute('aria-label', name)
    fill(
      tools,
      segments({
        label: t('viewFiles'),
        choices: FILES,
        chosen: name,
        name: one => one,
        choose: one => {
          name = one
          fill(pre)
          drawTools()
          void load()
        },
      }),
      button(t('refreshNow'), { class: 'icon-button', icon: 'refresh', hideLabel: true, onClick: () => void load() }),
    )
  }

  async function load() {
    const mine = ++asked
    const part = await readPart(fetch, url(), null)
    if (mine !== asked) return
    if (part.kind !== 'part') {
      known = null
      parts = 0
      older.hidden = true
      fill(pre)
      fill(note, icon('info'), ' ', t(part.kind === 'missing' ? 'fileMissing' : 'fileFailed', { name }))
      return
    }
    const atEnd = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 40 || parts === 0
    known = { before: part.start, tag: part.tag }
    parts = 1
    fill(pre, block(part.text))
    if (atEnd) pre.scrollTop = pre.scrollHeight
    drawNote(part.size)
  }

  async function loadOlder() {
    if (known === null) return
    const mine = ++asked
    const part = await readPart(fetch, url(), known)
    if (mine !== asked) return
    if (part.kind !== 'part') return load()
    const height = pre.scrollHeight
    known = { before: part.start, tag: part.tag }
    parts += 1
    pre.prepend(block(part.text))
    pre.scrollTop += pre.scrollHeight - height
    drawNote(part.size)
  }

  /** @param {number} size */
  function drawNote(size) {
    const from = known?.before ?? 0
    older.hidden = from === 0 || parts >= MOST_PARTS
    fill(
      note,
      from === 0
        ? t('fileWhole', { kb: kilobytes(size) })
        : t('filePart', { from: kilobytes(size - from), kb: kilobytes(size) }),
    )
  }

  const url = () => `openwechat_im_client/${name}`

  drawTools()
  void load()
  return {
    element,
    /** @param {ReadonlySet<Part>} changed */
    update(changed) {
      if (changed.has(PART_OF[name]) && parts <= 1) void load()
    },
    close() {
      asked += 1
    },
  }
}

/** @param {string} text */
function block(text) {
  return h('span', null, textNodes(text))
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return Math.ceil(bytes / 1024)
}
