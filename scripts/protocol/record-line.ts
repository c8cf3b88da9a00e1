import { RELAY_SYSTEM } from '../core/address.ts'
import type { Flags, MessageType, Party } from '../core/message.ts'
import { escapeAddressPart, escapeName, escapeText, escapeValue, unescapeText } from './visible-escape.ts'

/**
 * One line of `conversations.md` (design §4):
 *
 *     [2026-03-09T10:00:00Z] from=#2(bob) type=chat content=hello
 *
 * `parseRecord(formatRecord(x))` gives x back for every x.
 */
export interface ConversationRecord {
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly at: string
  /** null is written `unverified`. */
  readonly from: Party | null
  readonly to?: Party | null
  readonly type: MessageType
  readonly flags: Flags
  readonly content: string
}

const TYPES: ReadonlySet<string> = new Set<MessageType>([
  'chat',
  'friend_request',
  'system',
  'file',
  'unparsed',
  'correction',
])

/** The line without its LF. */
export function formatRecord(record: ConversationRecord): string {
  let line = `[${record.at}] from=${formatParty(record.from)}`
  if (record.to !== undefined) line += ` to=${formatParty(record.to)}`
  line += ` type=${record.type}`
  for (const [key, value] of Object.entries(record.flags)) line += ` ${key}=${escapeValue(value)}`
  return `${line} content=${escapeText(record.content)}`
}

export function formatParty(party: Party | null): string {
  if (party === null) return 'unverified'
  const { address, name } = party
  switch (address.scheme) {
    case 'relay':
      return `#${address.id}(${escapeName(name)})`
    case 'wechat':
      return `wechat:${escapeAddressPart(address.account)}/${escapeAddressPart(address.user)}(${escapeName(name)})`
    case 'webhook':
      return `webhook:${escapeAddressPart(address.name)}`
  }
}

const UTC = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`
const PART = '[^ ()/=#]'
const PARTY = String.raw`unverified|#\d{1,15}\([^()=#]*\)|wechat:${PART}+/${PART}+\([^()=#]*\)|webhook:${PART}+`
const LINE = new RegExp(
  String.raw`^\[(${UTC})\] from=(${PARTY})(?: to=(${PARTY}))? type=([a-z_]+)((?: (?!content=)[a-z][a-z_]*=[^ ]*)*) content=(.*)$`,
  's',
)

/** Returns null for a line that is no record. Flags come back in the order of the line. */
export function parseRecord(line: string): ConversationRecord | null {
  if (line.includes('\n')) return null
  const match = LINE.exec(line)
  if (match === null) return null
  const [, at = '', from = '', to, type = '', flags = '', content = ''] = match
  if (!TYPES.has(type)) return null
  return {
    at,
    from: parseParty(from),
    ...(to === undefined ? {} : { to: parseParty(to) }),
    type: type as MessageType,
    flags: parseFlags(flags),
    content: unescapeText(content),
  }
}

function parseParty(text: string): Party | null {
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

function parseFlags(text: string): Flags {
  const flags: Record<string, string> = {}
  for (const pair of text.split(' ')) {
    const at = pair.indexOf('=')
    if (at > 0) flags[pair.slice(0, at)] = unescapeText(pair.slice(at + 1))
  }
  return flags
}

/** The sender of the relay's notices: `#0(system)`. */
export const SYSTEM_PARTY: Party = { address: RELAY_SYSTEM, name: 'system' }
