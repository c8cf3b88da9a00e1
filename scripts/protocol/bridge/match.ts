import { type Place, type RouteConfig, SCANNER } from '../../core/config/routes.ts'
import type { MessageType, Party, Via } from '../../core/message.ts'
import { userKey } from '../ilink/account.ts'

/** What of a received message decides on its way. */
export interface RoutedMessage {
  readonly via: Via
  readonly type: MessageType
  readonly from: Party | null
  readonly content: string
}

/** Who scanned for an account, as WeChat spells them; null: there is no such account, or nobody knows. */
export type ScannerOf = (account: string) => string | null

/** The filter of a route is an AND. */
export function passes(
  { from, filter }: Pick<RouteConfig, 'from' | 'filter'>,
  message: RoutedMessage,
  scannerOf: ScannerOf,
): boolean {
  const { types, contains, except } = filter
  if (!isFrom(from, message, scannerOf) || except.some(place => isFrom(place, message, scannerOf))) return false
  if (types !== null && !types.some(type => type === message.type)) return false
  return contains === null || message.content.toLowerCase().includes(contains.toLowerCase())
}

export function isFrom(place: Place, { from, via }: RoutedMessage, scannerOf: ScannerOf): boolean {
  if (place.scheme === 'any') return true
  // What we sent, or took over, came from nowhere.
  if (via === 'send' || via === 'import') return false
  // Of one whose sender nobody knows, it is known which way it came.
  if (from === null) return place.scheme === schemeOf(via) && isWhole(place)
  const { address } = from
  switch (place.scheme) {
    case 'relay':
      return address.scheme === 'relay' && (place.id === null || place.id === address.id)
    case 'wechat':
      if (address.scheme !== 'wechat' || (place.account !== null && place.account !== address.account)) return false
      return place.user === null || isUser(place.user, address, scannerOf)
    case 'webhook':
      return address.scheme === 'webhook' && (place.name === null || place.name === address.name)
  }
}

/** Whatever comes that way, whoever wrote it. */
function isWhole(place: Place): boolean {
  switch (place.scheme) {
    case 'any':
      return true
    case 'relay':
      return place.id === null
    case 'wechat':
      return place.account === null
    case 'webhook':
      return place.name === null
  }
}

function schemeOf(via: Exclude<Via, 'send' | 'import'>): Place['scheme'] {
  return via === 'stream' || via === 'poll' ? 'relay' : via
}

/** However somebody spells the name. */
function isUser(
  named: string,
  { account, user }: { readonly account: string; readonly user: string },
  scannerOf: ScannerOf,
): boolean {
  const meant = named === SCANNER ? scannerOf(account) : named
  return meant !== null && userKey(meant) === userKey(user)
}
