import { type Address, addressKey } from '../core/address.ts'
import type { Config } from '../core/config.ts'
import type { EventName } from '../core/events.ts'
import { passes, type ScannerOf } from '../protocol/bridge/match.ts'
import { buildAbotMessage, passesTrigger, readAbotMessage } from '../protocol/wechat-abot/message.ts'
import type { StoredMessage } from '../store/messages.ts'
import { isAbotMessage } from './abot-address.ts'

/** Which event goes where. That nothing goes back to where it came from is written here, and nowhere else. */

export interface OutgoingEvent {
  readonly name: EventName
  /** null: it is not about a message. */
  readonly message: StoredMessage | null
}

export interface Route {
  readonly sink: string
  wants(event: OutgoingEvent): boolean
  /** What this sink gets instead of the event's own text. */
  body?(message: StoredMessage): Uint8Array
}

export function routesOf(config: Config, scannerOf: ScannerOf): Route[] {
  const { webhooks, wechatAbot, myId } = config
  const routes: Route[] = webhooks.outbound.map(({ name, events }) => ({
    sink: `webhook:${name}`,
    wants: event => events.includes(event.name),
  }))
  if (wechatAbot !== null) routes.push(abotRoute(wechatAbot, myId))
  return routes.map(route => narrowed(route, config, scannerOf))
}

/** A sink that the section `routes` names gets the messages that one of them lets through; any other one gets them all. */
function narrowed(route: Route, { routes }: Config, scannerOf: ScannerOf): Route {
  const own = routes.filter(({ to }) => to.kind === 'sink' && to.sink === route.sink)
  if (own.length === 0) return route
  return {
    ...route,
    wants: event => {
      const { message } = event
      return (message === null || own.some(one => passes(one, message, scannerOf))) && route.wants(event)
    },
  }
}

/** The sinks that get it. */
export function sinksFor(event: OutgoingEvent, routes: readonly Route[], origin: Origin): Route[] {
  return routes.filter(route => !origin.has(route.sink) && route.wants(event))
}

/** Names of sinks that lead to where a message came from. */
export type Origin = ReadonlySet<string>

const NOWHERE: Origin = new Set()

/** What an inbound webhook brings does not go out to the outbound one that the owner calls its channel. */
export function originOf({ message }: OutgoingEvent, { webhooks }: Config): Origin {
  const from = message?.from?.address
  if (from?.scheme !== 'webhook') return NOWHERE
  const inbound = webhooks.inbound.find(({ name }) => name === from.name)
  return new Set([`webhook:${from.name}`, ...(inbound?.channel == null ? [] : [`webhook:${inbound.channel}`])])
}

/** What people write; what systems say, and what nobody understood, is for event webhooks. */
const TOLD_TO_THE_PLUGIN = new Set(['chat', 'friend_request', 'file'])

/** OI §4.1, §4.5 */
function abotRoute(config: NonNullable<Config['wechatAbot']>, myId: string | null): Route {
  return {
    sink: 'wechat_abot',
    wants({ name, message }) {
      if (name !== 'message.received' || message === null || !TOLD_TO_THE_PLUGIN.has(message.type)) return false
      if (!isAbotMessage(message)) return true
      const read = readAbotMessage(message.payload)
      return read.kind !== 'message' || passesTrigger(read, config.groups, config)
    },
    body(message) {
      if (isAbotMessage(message)) return message.payload
      return buildAbotMessage({
        id: message.seq,
        // As `POST /messages/send` takes it: an answer finds its way back.
        from: message.from === null ? 'unverified' : recipientText(message.from.address),
        to: myId === null ? '' : `#${myId}`,
        text: message.content,
        atSeconds: Date.parse(message.receivedAt) / 1000,
      })
    },
  }
}

function recipientText(address: Address): string {
  return address.scheme === 'relay' ? `#${address.id}` : addressKey(address)
}
