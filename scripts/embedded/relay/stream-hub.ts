/** Which streams are open, and handing a message to all of one user's: RC §7.1. */

import type { ServerResponse } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import { blockText } from './block-text.ts'
import { EventStream, type Parcel } from './event-stream.ts'
import type { Observer } from './events.ts'
import type { Message } from './messages.ts'
import { kindStreams, type StreamPolicy } from './stream-policy.ts'

export interface StreamHubOptions {
  readonly clock: Clock
  readonly observe: Observer
  /** A message that was handed out and that no stream's kernel took. */
  readonly putBack: (message: Message) => void
  readonly policy?: StreamPolicy
}

export interface NewStream {
  readonly userId: number
  readonly response: ServerResponse
  readonly greeting: string
  readonly clientIp?: string
}

export interface StreamHub {
  isOnline(userId: number): boolean
  /** Whether a stream from this address is registered. */
  hasStreamFrom(clientIp: string): boolean
  /** Registers the stream; the head must have been written. There is no turn of the event loop between the two. */
  open(stream: NewStream): void
  /** To every registered stream of the recipient, in the same order on each. */
  push(message: Message): void
  /** Ends the streams of one user, or all. */
  drop(userId?: number): void
}

interface Registered {
  readonly connection: number
  readonly clientIp: string | undefined
  readonly stream: EventStream
  /** The client is gone, the registration is not: only a fault lets that be. */
  isGone: boolean
}

export function createStreamHub({ clock, observe, putBack, policy = kindStreams }: StreamHubOptions): StreamHub {
  const { longestBacklogBytes } = policy
  const registered = new Map<number, Set<Registered>>()
  let lastConnection = 0

  function unregister(userId: number, entry: Registered): void {
    const streams = registered.get(userId)
    streams?.delete(entry)
    if (streams?.size === 0) registered.delete(userId)
  }

  function onEnd(userId: number, entry: Registered, isHangUp: boolean): void {
    const { connection, stream } = entry
    const remove = () => unregister(userId, entry)
    entry.isGone = true
    observe({ kind: 'disconnected', userId, connection })
    if (isHangUp) {
      const { hasBegun, sinceEventMs } = stream
      policy.leave({ userId, connection, hasBegun, sinceEventMs, remove })
    } else {
      remove()
    }
  }

  function lose(message: Message): void {
    observe({ kind: 'lost', userId: message.toId, payload: blockText(message) })
  }

  return {
    isOnline: userId => registered.has(userId),
    hasStreamFrom: clientIp =>
      [...registered.values()].some(streams => [...streams].some(entry => entry.clientIp === clientIp)),
    open({ userId, response, greeting, clientIp }) {
      if (response.destroyed && !policy.registersTheGone) return
      lastConnection += 1
      const entry: Registered = {
        connection: lastConnection,
        clientIp,
        stream: new EventStream({
          response,
          clock,
          longestBacklogBytes,
          onEnd: isHangUp => onEnd(userId, entry, isHangUp),
        }),
        isGone: false,
      }
      const streams = registered.get(userId) ?? new Set()
      registered.set(userId, streams.add(entry))
      observe({ kind: 'connected', userId, connection: entry.connection })
      entry.stream.open(greeting, policy.begin)
    },
    push(message) {
      const payload = blockText(message)
      const userId = message.toId
      const targets = [...(registered.get(userId) ?? [])]
      // Whoever is gone and still registered has swallowed it: it is not known that it did not arrive.
      const giveUp = policy.putsBack && !targets.some(({ isGone }) => isGone) ? putBack : lose
      // The message before this one may have been too much for the last stream.
      if (targets.length === 0) return giveUp(message)
      let undecided = targets.length
      let isDelivered = false
      const decide = (wasSent: boolean) => {
        undecided -= 1
        isDelivered ||= wasSent
        if (undecided === 0 && !isDelivered) giveUp(message)
      }
      for (const { stream, connection } of targets) {
        const parcel: Parcel = {
          payload,
          sent() {
            observe({ kind: 'pushed', userId, connection, payload })
            decide(true)
          },
          lost: () => decide(false),
        }
        stream.push(parcel)
      }
    },
    drop(userId) {
      const users = userId === undefined ? [...registered.keys()] : [userId]
      for (const id of users) {
        for (const { stream } of [...(registered.get(id) ?? [])]) stream.end()
      }
    },
  }
}
