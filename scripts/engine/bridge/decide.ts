import type { Contact } from '../../core/adapter.ts'
import { type Address, addressKey, parseAddress } from '../../core/address.ts'
import type { Bilingual } from '../../core/i18n.ts'
import type { Party } from '../../core/message.ts'
import { type Friend, friendNamed, type NamedFriend } from '../../protocol/bridge/friend-named.ts'
import { type Order, readOrder } from '../../protocol/bridge/orders.ts'
import { peerOfQuote, peerOfWords, type QuotedPeer } from '../../protocol/bridge/quoted.ts'
import {
  friendsFirst,
  friendsText,
  HALF_CHARACTER,
  HELP,
  NO_TEXT,
  noAnswerTo,
  noSuchFriend,
  severalFriends,
  TO_AGENT,
  toFriend,
  tooLong,
  unknownOrder,
  WHICH_ONE,
} from '../../protocol/bridge/texts.ts'
import { SYSTEM_PARTY } from '../../protocol/record-line.ts'
import {
  hasNamelessNotice,
  isSaidElsewhere,
  lastNoticeTo,
  noticeAt,
  recentNotices,
  speaksTo,
} from '../../store/bridge.ts'
import type { Database } from '../../store/database.ts'
import { messageOf } from '../../store/known-ids.ts'
import type { StoredMessage } from '../../store/messages.ts'
import { LONGEST_TEXT, type RelayAddress, textFault } from '../outgoing.ts'

/** What becomes of a message from WeChat that a route leads to the relay. */
export type Decision =
  /** Not yet: what it quotes may be the notice that is under way. */
  | { readonly kind: 'wait' }
  /** As without a bridge. */
  | { readonly kind: 'agent' }
  | { readonly kind: 'send'; readonly to: RelayAddress; readonly text: string }
  | {
      readonly kind: 'say'
      readonly text: Bilingual /** To whom they speak from now on. */
      readonly listener?: Address | null
    }

export interface Surroundings {
  readonly database: Database
  /** The account at the relay's. */
  readonly contacts: readonly Contact[]
  readonly now: number
  /** Somebody may be quicker than the answer that says what their notice is called. */
  readonly mayWait: boolean
}

/** A message that a person wrote to us. */
export type FromPerson = StoredMessage & { readonly from: Party }

export function decide(message: FromPerson, around: Surroundings): Decision {
  const quoted = quotedBy(message, around)
  if (quoted.kind === 'wait') return quoted
  if (quoted.kind === 'one') return toPeer(quoted.peer, message.content, { message, around })
  const order = readOrder(message.content)
  // An answer goes to nobody by guess, and to the agent only when it was meant.
  if (quoted.kind === 'several' && order.kind !== 'at') return say(WHICH_ONE)
  return obey(order, { message, around, isQuote: quoted.kind === 'agent' })
}

interface About {
  readonly message: FromPerson
  readonly around: Surroundings
}

function obey(order: Order, about: About & { isQuote: boolean }): Decision {
  const { message, around, isQuote } = about
  const friends = friendsOf(around)
  switch (order.kind) {
    case 'help':
      return say(HELP)
    case 'friends':
      return say(friendsText([...friends].sort((a, b) => a.id - b.id)))
    case 'unknown':
      return say(unknownOrder(order.word))
    case 'to':
      return speakTo(order.who, friends)
    case 'at': {
      const found = friendNamed(order.text, friends)
      return found.kind === 'one' ? toFriendOf(found.friend, found.rest, about) : notFound(found)
    }
    case 'plain': {
      const listener = isQuote ? null : speaksTo(around.database, message.from.address)
      return listener === null ? { kind: 'agent' } : toPeer(addressKey(listener), message.content, about)
    }
  }
}

function speakTo(who: string, friends: readonly Friend[]): Decision {
  if (who === '') return { ...say(TO_AGENT), listener: null }
  const found = friendNamed(who, friends)
  // More than the name was typed: whatever that is, it is not sent to anybody.
  if (found.kind === 'one' && found.rest !== '') return say(noSuchFriend(who))
  if (found.kind !== 'one') return notFound(found)
  return { ...say(toFriend(found.friend)), listener: { scheme: 'relay', id: found.friend.id } }
}

function notFound(found: Exclude<NamedFriend, { kind: 'one' }>): Decision {
  return say(found.kind === 'several' ? severalFriends(found.friends) : noSuchFriend(found.word))
}

function toFriendOf({ id }: Friend, text: string, about: About): Decision {
  return toPeer(addressKey({ scheme: 'relay', id }), text, about)
}

/** @param peer address, or a word for nobody */
function toPeer(peer: string, text: string, { message, around }: About): Decision {
  const to = parseAddress(peer)
  const party = to === null ? null : partyOf(to, around)
  if (to?.scheme !== 'relay' || to.id === 0 || party === null) return say(noAnswerTo(party))
  const withFile = message.flags['attachment'] !== undefined
  if (withFile && !isFriend(to, around)) return say(friendsFirst(party))
  const fault = textFault(text)
  switch (fault?.kind) {
    case 'empty':
      return withFile ? { kind: 'send', to, text } : say(NO_TEXT)
    case 'half_character':
      return say(HALF_CHARACTER)
    case 'too_long':
      return say(tooLong(fault.length, LONGEST_TEXT))
    case undefined:
      return { kind: 'send', to, text }
  }
}

/** As texts of ours call them. */
export function partyOf(address: Address, { contacts }: Pick<Surroundings, 'contacts'>): Party {
  const key = addressKey(address)
  if (key === addressKey(SYSTEM_PARTY.address)) return SYSTEM_PARTY
  return { address, name: contacts.find(contact => addressKey(contact.address) === key)?.name ?? '' }
}

function friendsOf({ contacts }: Surroundings): Friend[] {
  return contacts.flatMap(({ address, name, relationship }) =>
    address.scheme === 'relay' && relationship === 'accepted' ? { id: address.id, name } : [],
  )
}

function isFriend({ id }: RelayAddress, around: Surroundings): boolean {
  return friendsOf(around).some(friend => friend.id === id)
}

/** `agent`: they quote something, and it is no notice. */
type Quoted = QuotedPeer | { readonly kind: 'agent' | 'wait' }

/** Phones that send the words of what they quote mean something that they still show. */
const QUOTED_WITHIN_MS = 7 * 24 * 3_600_000
const MOST_NOTICES = 500

function quotedBy(message: FromPerson, around: Surroundings): Quoted {
  const { from, flags } = message
  const { quote, quote_seq: seq, quote_id: id } = flags
  if (seq !== undefined) return quotedNotice(Number(seq), quote ?? '', { message, around })
  if (quote === undefined) return { kind: 'none' }
  if (id !== undefined) {
    const account = from.address.scheme === 'wechat' ? `wechat:${from.address.account}` : ''
    const named = messageOf(around.database, { source: account, account, ids: [`ref:${id}`] })
    if (named !== null) return quotedNotice(named.seq, quote === NO_WORDS ? '' : quote, { message, around })
    if (around.mayWait && lastNoticeTo(around.database, from.address)?.isOpen === true) return { kind: 'wait' }
    if (quote === NO_WORDS) return quotedNameless(account, { message, around })
  }
  return quotedWords(quote, { message, around })
}

/** Of what is quoted it is known only that there is something. */
const NO_WORDS = 'unknown'

function quotedNotice(seq: number, words: string, { message, around }: About): Quoted {
  const notice = noticeAt(around.database, seq, message.from.address)
  return notice === null ? { kind: 'agent' } : peerOfQuote(notice, words)
}

function quotedNameless(account: string, { message, around }: About): Quoted {
  const sinceMs = around.now - QUOTED_WITHIN_MS
  const isOneOfThem = hasNamelessNotice(around.database, { to: message.from.address, account, sinceMs })
  return { kind: isOneOfThem ? 'several' : 'agent' }
}

function quotedWords(quote: string, { message: { seq, from }, around: { database, now } }: About): Quoted {
  const sinceMs = now - QUOTED_WITHIN_MS
  const notices = recentNotices(database, { to: from.address, sinceMs, limit: MOST_NOTICES })
  const found = peerOfWords(notices, quote, (words, how) =>
    isSaidElsewhere(database, { words, how, peer: from.address, before: seq, sinceMs }),
  )
  return found.kind === 'none' ? { kind: 'agent' } : found
}

function say(text: Bilingual): Decision & { kind: 'say' } {
  return { kind: 'say', text }
}
