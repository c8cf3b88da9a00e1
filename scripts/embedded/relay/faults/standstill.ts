/**
 * The relay as one event loop that can stop, for the fault `freezingFiles`: RC §2, "One process, one event loop". While
 * it stands still no request is begun, no reply and no event leaves, and no timer fires; all of it happens afterwards.
 */

import { type Clock, sleepBy } from '../../../core/clock.ts'
import type { Endpoint } from '../relay.ts'
import type { StreamHub } from '../stream-hub.ts'

export interface Standstill {
  /** The relay's time: what falls due meanwhile comes late. */
  readonly clock: Clock
  /** Stops everything and resolves first when it goes on. Several "add up". */
  freeze(ms: number): Promise<void>
  /** Does it now, or when everything goes on. */
  whenMoving(action: () => void): void
  /** Goes on at once and stops no more: the relay is closed. */
  end(): void
}

export function createStandstill(clock: Clock): Standstill {
  const waiting: (() => void)[] = []
  let goOn: (() => void) | null = null
  let isOver = false

  function catchUp(): void {
    while (goOn === null) {
      const next = waiting.shift()
      if (next === undefined) return
      next()
    }
  }

  function whenMoving(action: () => void): void {
    if (goOn === null && waiting.length === 0) action()
    else waiting.push(action)
  }

  function after(ms: number, action: () => void): () => void {
    let isCancelled = false
    const cancel = clock.after(ms, () =>
      whenMoving(() => {
        if (!isCancelled) action()
      }),
    )
    return () => {
      isCancelled = true
      cancel()
    }
  }

  function stop(ms: number, resolve: () => void): void {
    if (isOver) {
      resolve()
      return
    }
    const cancel = clock.after(ms, () => goOn?.())
    goOn = () => {
      cancel()
      goOn = null
      resolve()
      // Whoever stopped it has the first turn.
      clock.afterTurn(catchUp)
    }
  }

  return {
    clock: { ...clock, after, sleep: sleepBy(after) },
    freeze: ms => new Promise(resolve => whenMoving(() => stop(ms, resolve))),
    whenMoving,
    end() {
      isOver = true
      goOn?.()
      catchUp()
    },
  }
}

/** An endpoint whose reply waits too, be it an error: it may have begun before the standstill. */
export function holdReply(standstill: Standstill, endpoint: Endpoint): Endpoint {
  return async (relay, call) => {
    try {
      return await endpoint(relay, call)
    } finally {
      await new Promise<void>(resolve => standstill.whenMoving(resolve))
    }
  }
}

export function holdEvents(standstill: Standstill, hub: StreamHub): StreamHub {
  return { ...hub, push: message => standstill.whenMoving(() => hub.push(message)) }
}
