/**
 * Held polls, and who of several gets what (duty D). A message leaves with the answer and counts as consumed from then
 * on: a client that hangs up before keeps it here, one that hangs up afterwards has lost it (IL §5).
 */

import type { ServerResponse } from 'node:http'
import { type Answer, jsonAnswer } from './answers.ts'
import { transaction } from './database.ts'
import type { Mail } from './mail.ts'
import type { Stores } from './world.ts'

export interface Poll {
  readonly botId: string
  /** As it came. */
  readonly cursor: string
  /** What it stands for; 0 for none. */
  readonly position: number
  readonly response: ServerResponse
}

export interface Polls {
  /** null: the client went away. */
  hold(poll: Poll): Promise<Answer | null>
  /** There may be something for this bot. */
  wake(botId: string): void
  /** Whoever waits under a token that ended. */
  expel(botId: string): void
  /** How many are held now. */
  held(botId: string): number
  /** Ends all of them without an answer. */
  drop(): void
  /** How many came while another was held. */
  secondPolls(): number
  /** Lets what `work` writes leave together. */
  together(work: () => void): void
}

interface Waiter {
  readonly poll: Poll
  /** When its hold is over. */
  readonly latest: number
  disarm: () => void
  leave(answer: Answer | null): void
}

export function createPolls(stores: Stores): Polls {
  const { clock, settings, mail, sql, ids, chance } = stores
  const waiters = new Map<string, Waiter[]>()
  const asleep = new Set<string>()
  let isTogether = false
  let secondPolls = 0

  const waitersOf = (botId: string) => waiters.get(botId) ?? []

  function take({ botId, position }: Poll): Mail[] {
    const limit = settings.batchSize
    if (settings.cursorMode === 'replay') return mixed(mail.after(botId, position, limit))
    const due = settings.cursorMode === 'redeliver' ? mail.takeDue(botId, clock.now(), limit) : []
    const room = limit - due.length
    const waiting = mail.waiting(botId, settings.order === 'shuffled' ? Number.MAX_SAFE_INTEGER : room)
    const fresh = mixed(waiting).slice(0, room)
    if (settings.cursorMode === 'redeliver') comeAgain(botId, fresh)
    return [...due, ...fresh]
  }

  function mixed(found: Mail[]): Mail[] {
    if (settings.order === 'written') return found
    return found
      .map(one => ({ one, at: chance() }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one)
  }

  /** What leaves for the first time comes again as often as the mode `redeliver` says. */
  function comeAgain(botId: string, fresh: readonly Mail[]): void {
    const now = clock.now()
    for (const { number, messageId } of fresh) {
      for (const ms of settings.redeliverAfterMs) {
        const again = settings.redeliverFreshIds ? String(ids.uint64('message')) : messageId
        mail.redeliver(botId, { mail: number, messageId: again, dueAt: now + ms })
      }
    }
  }

  /** A batch for this poll, consumed; null: there is nothing. */
  function batchFor(poll: Poll): Answer | null {
    return transaction(sql, () => {
      const batch = take(poll)
      if (batch.length === 0) return null
      const cursor = mail.handOut(poll.botId, batch, clock.now())
      return updates(
        batch.map(({ messageId, rest }) => ({ rawJson: `{"message_id":${messageId},${rest}}` })),
        cursor,
      )
    })
  }

  function updates(msgs: readonly { rawJson: string }[] | undefined, cursor: string | undefined): Answer {
    const suggested = settings.suggestedMs === 'hold' ? settings.holdMs : settings.suggestedMs
    return jsonAnswer({
      ret: settings.pollRet === 'zero' ? 0 : undefined,
      msgs,
      get_updates_buf: cursor,
      longpolling_timeout_ms: suggested ?? undefined,
    })
  }

  function nothing({ cursor }: Poll): Answer {
    const { emptyPollCursor: kind, emptyPollMsgs } = settings
    const value = kind === 'absent' ? undefined : kind === 'empty' ? '' : cursor
    return updates(emptyPollMsgs === 'absent' ? undefined : [], value)
  }

  /** The ones that may be served now, one after the other. */
  function next(botId: string): Waiter | undefined {
    const here = waitersOf(botId)
    return settings.secondPoller === 'steal' ? here[Math.floor(chance() * here.length)] : here[0]
  }

  function wake(botId: string): void {
    if (isTogether) {
      asleep.add(botId)
      return
    }
    for (let waiter = next(botId); waiter !== undefined; waiter = next(botId)) {
      const answer = batchFor(waiter.poll)
      if (answer === null) break
      waiter.leave(answer)
    }
    for (const waiter of waitersOf(botId)) arm(waiter)
  }

  /** Until its hold is over, or until something falls due before. */
  function arm(waiter: Waiter): void {
    waiter.disarm()
    const { poll, latest } = waiter
    const due = settings.cursorMode === 'redeliver' ? mail.nextDue(poll.botId) : null
    const isSooner = due !== null && due < latest
    waiter.disarm = clock.after((isSooner ? due : latest) - clock.now(), () => {
      if (isSooner) wake(poll.botId)
      else waiter.leave(nothing(poll))
    })
  }

  function enter(poll: Poll, resolve: (answer: Answer | null) => void): Waiter {
    const { botId, response } = poll
    const onClose = () => waiter.leave(null)
    const waiter: Waiter = {
      poll,
      latest: clock.now() + settings.holdMs,
      disarm: () => {},
      leave(answer) {
        waiter.disarm()
        response.off('close', onClose)
        waiters.set(
          botId,
          waitersOf(botId).filter(other => other !== waiter),
        )
        resolve(answer)
      },
    }
    response.once('close', onClose)
    waiters.set(botId, [...waitersOf(botId), waiter])
    return waiter
  }

  function expel(botId: string): void {
    for (const waiter of waitersOf(botId)) waiter.leave(stores.sessionTimeout())
  }

  return {
    hold(poll) {
      if (poll.response.destroyed) return Promise.resolve(null)
      if (waitersOf(poll.botId).length > 0) secondPolls += 1
      // "The second one takes over and the other keeps getting -14" (IL §16).
      if (settings.secondPoller === 'takeover') expel(poll.botId)
      return new Promise(resolve => {
        arm(enter(poll, resolve))
        wake(poll.botId)
        stores.changed()
      })
    },
    wake,
    expel,
    drop() {
      for (const { poll } of [...waiters.values()].flat()) poll.response.destroy()
    },
    held: botId => waitersOf(botId).length,
    secondPolls: () => secondPolls,
    together(work) {
      isTogether = true
      try {
        work()
      } finally {
        isTogether = false
        for (const botId of asleep) wake(botId)
        asleep.clear()
      }
    },
  }
}
