/**
 * One open `GET /stream`. Events go to the socket one at a time, so that at any moment at most one is neither with the
 * kernel nor certainly unsent; what the kernel did not take is given back when the stream ends.
 */

import type { ServerResponse } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import { eventText } from './block-text.ts'

/** RC §6: "`ping` comes 30.0 s after the last byte sent, message or ping." */
const PING_AFTER_MS = 30_000

/** The original queues without limit (RC §7.2). This is about 4000 short messages: whoever leaves more unread is gone. */
export const LONGEST_BACKLOG_BYTES = 4 * 1024 * 1024

export interface Parcel {
  readonly payload: string
  /** The kernel took the event. Exactly one of the two is called, once. */
  sent(): void
  /** The stream ended before. */
  lost(): void
}

export interface EventStreamOptions {
  readonly response: ServerResponse
  readonly clock: Clock
  /** Called once, when no further event can be written; true: it was the client who ended it. */
  readonly onEnd: (isHangUp: boolean) => void
  readonly longestBacklogBytes?: number
}

/** Calls its argument, now or later; what it returns keeps it from doing so. */
export type Begin = (write: () => void) => () => void

export const atOnce: Begin = write => {
  write()
  return () => {}
}

export class EventStream {
  readonly #response: ServerResponse
  readonly #clock: Clock
  readonly #onEnd: (isHangUp: boolean) => void
  readonly #longestBacklogBytes: number
  readonly #backlog: { parcel: Parcel; text: string }[] = []
  #backlogBytes = 0
  /** From the beginning: nothing goes ahead of the greeting. */
  #isWriting = true
  #isOpen = true
  #hasBegun = false
  #lastEventAt = Number.NEGATIVE_INFINITY
  #cancelTimer: () => void = () => {}

  constructor({ response, clock, onEnd, longestBacklogBytes = LONGEST_BACKLOG_BYTES }: EventStreamOptions) {
    this.#response = response
    this.#clock = clock
    this.#onEnd = onEnd
    this.#longestBacklogBytes = longestBacklogBytes
  }

  /** Whether the kernel has the head, which goes with the first write. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** How long ago a message was written; 0 while one is being written, Infinity when there was none. */
  get sinceEventMs(): number {
    return Math.max(0, this.#clock.monotonic() - this.#lastEventAt)
  }

  /** Watches the socket, and writes the first text behind the head. */
  open(greeting: string, begin: Begin = atOnce): void {
    const hangUp = () => this.#end(true)
    this.#response.once('close', hangUp)
    this.#response.on('error', hangUp)
    // A FIN is a hang-up like any other: half-closing gains a client nothing (RC §7.3.7).
    this.#response.req.socket.once('end', hangUp)
    if (this.#response.destroyed) hangUp()
    else this.#cancelTimer = begin(() => this.#write(greeting))
  }

  push(parcel: Parcel): void {
    if (!this.#isOpen) {
      parcel.lost()
      return
    }
    const text = eventText(parcel.payload)
    this.#backlog.push({ parcel, text })
    this.#backlogBytes += Buffer.byteLength(text)
    if (this.#backlogBytes > this.#longestBacklogBytes) this.end()
    else this.#next()
  }

  /** What waits is given back at once; what is being written when its fate is known. */
  end(): void {
    this.#end(false)
  }

  #end(isHangUp: boolean): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#cancelTimer()
    this.#response.destroy()
    for (const { parcel } of this.#backlog.splice(0)) parcel.lost()
    this.#onEnd(isHangUp)
  }

  #next(): void {
    if (this.#isWriting) return
    const next = this.#backlog.shift()
    if (next === undefined) return
    this.#backlogBytes -= Buffer.byteLength(next.text)
    this.#write(next.text, next.parcel)
  }

  #write(text: string, parcel?: Parcel): void {
    // Between its reset and its `close` a socket takes every write and never says what became of it.
    if (this.#response.req.socket.destroyed) {
      parcel?.lost()
      this.#end(true)
      return
    }
    this.#isWriting = true
    this.#cancelTimer()
    if (parcel !== undefined) this.#lastEventAt = Number.POSITIVE_INFINITY
    // One write is one HTTP chunk (RC §6).
    this.#response.write(text, error => {
      if (parcel !== undefined) this.#lastEventAt = this.#clock.monotonic()
      // Called after the end too: it alone knows whether the kernel took the event.
      if (error) parcel?.lost()
      else parcel?.sent()
      if (!this.#isOpen) return
      if (error) {
        this.#end(true)
        return
      }
      this.#hasBegun = true
      this.#isWriting = false
      this.#cancelTimer = this.#clock.after(PING_AFTER_MS, () => this.#write(': ping\n\n'))
      this.#next()
    })
  }
}
