/** @import { Address, ConversationRecord, MessageType, Party } from './types.d.ts' */
import { unescapeText } from './visible-escape.js'

/** One line of conversations.md; the same grammar as scripts/protocol/record-line.ts, and a test compares them. */

/** @type {ReadonlySet<string>} */
const TYPES = new Set(['chat', 'friend_request', 'system', 'file', 'unparsed', 'correction'])

const UTC = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`
const PART = '[^ ()/=#]'
const PARTY = String.raw`unverified|#\d{1,15}\([^()=#]*\)|wechat:${PART}+/${PART}+\([^()=#]*\)|webhook:${PART}+`
const LINE = new RegExp(
  String.raw`^\[(${UTC})\] from=(${PARTY})(?: to=(${PARTY}))? type=([a-z_]+)((?: (?!content=)[a-z][a-z_]*=[^ ]*)*) content=(.*)$`,
  's',
)

/**
 * Returns null for a line that is no record.
 *
 * @param {string} line without its LF
 * @returns {ConversationRecord | null}
 */
export function parseRecord(line) {
  if (line.includes('\n')) return null
  const match = LINE.exec(line)
  if (match === null) return null
  const [, at = '', from = '', to, type = '', flags = '', content = ''] = match
  if (!TYPES.has(type)) return null
  return {
    at,
    from: parseParty(from),
    ...(to === undefined ? {} : { to: parseParty(to) }),
    type: /** @type {MessageType} */ (type),
    flags: parsePairs(flags),
    content: unescapeText(content),
  }
}

/**
 * @param {string} text
 * @returns {Party | null}
 */
function parseParty(text) {
  const relay = /^#(\d+)\((.*)\)$/s.exec(text)
  if (relay !== null) {
    return { address: { scheme: 'relay', id: Number(relay[1]) }, name: unescapeText(relay[2] ?? '') }
  }
  const wechat = /^wechat:([^/]+)\/([^(]+)\((.*)\)$/s.exec(text)
  if (wechat !== null) {
    const [, account = '', user = '', name = ''] = wechat
    return {
      address: { scheme: 'wechat', account: unescapeText(account), user: unescapeText(user) },
      name: unescapeText(name),
    }
  }
  const webhook = /^webhook:(.+)$/s.exec(text)
  if (webhook !== null) {
    const name = unescapeText(webhook[1] ?? '')
    return { address: { scheme: 'webhook', name }, name }
  }
  return null
}

/**
 * `key=value key=value`, escapes undone. The keys are a line's words, so the object is never one to look up names of
 * our own that nobody gave: use `Object.hasOwn` or fixed keys.
 *
 * @param {string} text
 */
export function parsePairs(text) {
  /** @type {Record<string, string>} */
  const pairs = {}
  for (const pair of text.split(' ')) {
    const at = pair.indexOf('=')
    if (at > 0) pairs[pair.slice(0, at)] = unescapeText(pair.slice(at + 1))
  }
  return pairs
}

/**
 * One key a peer, whatever the parts of its address are made of. Ids at WeChat are spelled in more than one way.
 *
 * @param {Address} address
 */
export function addressKey(address) {
  switch (address.scheme) {
    case 'relay':
      return `relay:${address.id}`
    case 'wechat':
      return `wechat:${JSON.stringify([address.account, address.user.toLowerCase()])}`
    case 'webhook':
      return `webhook:${JSON.stringify(address.name)}`
  }
}

/**
 * `#2`, as flags name a peer.
 *
 * @param {string | undefined} text
 * @returns {Address | null}
 */
export function peerOf(text) {
  const id = /^#(\d{1,15})$/.exec(text ?? '')?.[1]
  return id === undefined ? null : { scheme: 'relay', id: Number(id) }
}
