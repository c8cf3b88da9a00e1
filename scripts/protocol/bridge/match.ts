import type { Place, RouteConfig } from '../../core/config/routes.ts'
import type { MessageType, Party, Via } from '../../core/message.ts'
import { userKey } from '../ilink/account.ts'

/** What of a received message decides on its way. */
export interface RoutedMessage {
  readonly via: Via
  readonly type: MessageType
  readonly from: Party | null
  readonly content: string
}

/** The filter of a route is an AND. */
export function passes({ from, filter }: Pick<RouteConfig, 'from' | 'filter'>, message: RoutedMessage): boolean {
  const { types, contains, except } = filter
  if (!isFrom(from, message) || except.some(place => isFrom(place, message))) return false
  if (types !== null && !types.some(type => type === message.type)) return false
  return contains === null || message.content.toLowerCase().includes(contains.toLowerCase())
}

export function isFrom(place: Place, { from, via }: RoutedMessage): boolean {
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
      return place.user === null || isSameUser(place.user, address.user)
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
export function isSameUser(a: string, b: string): boolean {
  return userKey(a) === userKey(b)
}
