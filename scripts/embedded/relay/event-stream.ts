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
const LONGEST_BACKLOG_BYTES = 4 * 1024 * 1024

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
  /** Called once, when no further event can be written. */
  readonly onEnd: () => void
}

export class EventStream {
  readonly #response: ServerResponse
  readonly #clock: Clock
  readonly #onEnd: () => void
  readonly #backlog: { parcel: Parcel; text: string }[] = []
  #backlogBytes = 0
  #isWriting = false
  #isOpen = true
  #cancelPing: () => void = () => {}

  constructor({ response, clock, onEnd }: EventStreamOptions) {
    this.#response = response
    this.#clock = clock
    this.#onEnd = onEnd
  }

  /** Writes the first text behind the head and watches the socket from then on. */
  open(greeting: string): void {
    const end = () => this.end()
    this.#response.once('close', end)
    this.#response.on('error', end)
    // A FIN is a hang-up like any other: half-closing gains a client nothing (RC §7.3.7).
    this.#response.req.socket.once('end', end)
    this.#write(greeting)
  }

  push(parcel: Parcel): void {
    if (!this.#isOpen) {
      parcel.lost()
      return
    }
    const text = eventText(parcel.payload)
    this.#backlog.push({ parcel, text })
    this.#backlogBytes += Buffer.byteLength(text)
    if (this.#backlogBytes > LONGEST_BACKLOG_BYTES) this.end()
    else this.#next()
  }

  /** What waits is given back at once; what is being written when its fate is known. */
  end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#cancelPing()
    this.#response.destroy()
    for (const { parcel } of this.#backlog.splice(0)) parcel.lost()
    this.#onEnd()
  }

  #next(): void {
    if (this.#isWriting) return
    const next = this.#backlog.shift()
    if (next === undefined) return
    this.#backlogBytes -= Buffer.byteLength(next.text)
    this.#write(next.text, next.parcel)
  }

  #write(text: string, parcel?: Parcel): void {
    this.#isWriting = true
    this.#cancelPing()
    // One write is one HTTP chunk (RC §6).
    this.#response.write(text, error => {
      // Called after the end too: it alone knows whether the kernel took the event.
      if (error) parcel?.lost()
      else parcel?.sent()
      if (!this.#isOpen) return
      if (error) {
        this.end()
        return
      }
      this.#isWriting = false
      this.#cancelPing = this.#clock.after(PING_AFTER_MS, () => this.#write(': ping\n\n'))
      this.#next()
    })
  }
}
