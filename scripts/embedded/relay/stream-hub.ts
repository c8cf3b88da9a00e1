/** Which streams are open, and handing a message to all of one user's: RC §7.1. */

import type { ServerResponse } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import { blockText } from './block-text.ts'
import { EventStream, type Parcel } from './event-stream.ts'
import type { Observer } from './events.ts'
import type { Message } from './messages.ts'

export interface StreamHubOptions {
  readonly clock: Clock
  readonly observe: Observer
  /** A message that was handed out and that no stream's kernel took. */
  readonly putBack: (message: Message) => void
}

export interface StreamHub {
  isOnline(userId: number): boolean
  /** Registers the stream; the head must have been written. There is no turn of the event loop between the two. */
  open(stream: { userId: number; response: ServerResponse; greeting: string }): void
  /** To every open stream of the recipient, in the same order on each. */
  push(message: Message): void
  /** Ends the streams of one user, or all. */
  drop(userId?: number): void
}

interface Registered {
  readonly connection: number
  readonly stream: EventStream
}

export function createStreamHub({ clock, observe, putBack }: StreamHubOptions): StreamHub {
  const open = new Map<number, Set<Registered>>()
  let lastConnection = 0

  function unregister(userId: number, entry: Registered): void {
    const streams = open.get(userId)
    streams?.delete(entry)
    if (streams?.size === 0) open.delete(userId)
    observe({ kind: 'disconnected', userId, connection: entry.connection })
  }

  return {
    isOnline: userId => open.has(userId),
    open({ userId, response, greeting }) {
      lastConnection += 1
      const onEnd = () => unregister(userId, entry)
      const entry: Registered = {
        connection: lastConnection,
        stream: new EventStream({ response, clock, onEnd }),
      }
      const streams = open.get(userId) ?? new Set()
      open.set(userId, streams.add(entry))
      entry.stream.open(greeting)
      observe({ kind: 'connected', userId, connection: entry.connection })
    },
    push(message) {
      const payload = blockText(message)
      const userId = message.toId
      const targets = [...(open.get(userId) ?? [])]
      // The message before this one may have been too much for the last stream.
      if (targets.length === 0) return putBack(message)
      let undecided = targets.length
      let isDelivered = false
      const decide = (wasSent: boolean) => {
        undecided -= 1
        isDelivered ||= wasSent
        if (undecided === 0 && !isDelivered) putBack(message)
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
      const users = userId === undefined ? [...open.keys()] : [userId]
      for (const id of users) {
        for (const { stream } of [...(open.get(id) ?? [])]) stream.end()
      }
    },
  }
}
