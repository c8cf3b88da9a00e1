import { hash } from 'node:crypto'
import type { Address } from '../../core/address.ts'
import { ConfigError, RefusedError } from '../../core/errors.ts'
import { passes } from '../../protocol/bridge/match.ts'
import { bridgePosition, lastNoticeTo, moveBridge, rememberNotice } from '../../store/bridge.ts'
import { dueMessages, lastGivenSeq, type StoredMessage } from '../../store/messages.ts'
import { createGathering } from './gathering.ts'
import type { BridgeOptions, Routes } from './parts.ts'

/**
 * Notices for one person on WeChat. What comes while one is under way, or while none may be sent, is gathered: it goes out
 * together, later. The position moves with the notice that tells of everything before it, in one commit.
 */
export interface Recipient {
  /** The routes that lead to them. */
  follow(routes: Routes): void
  /** Looks at everything that was committed, and sends what may be sent. */
  work(): Promise<RecipientState>
  /** They wrote: nothing is spread over the day any more. */
  wrote(): void
  /** Notes how far everything was read that nobody has to be told of. */
  settle(): Promise<void>
}

export interface RecipientState {
  readonly waiting: number
  readonly waitingFor: WaitingFor | null
  /** To be asked again then; null: when something changes. */
  readonly againMs: number | null
}

/** In one word, as `status` shows it. */
export type WaitingFor =
  /** Only an answer from the phone lets more through. */
  | 'their_message'
  /** The list of who may write does not name them. */
  | 'permission'
  /** Nobody has logged in under that name. */
  | 'login'
  /** The notice before. */
  | 'delivery'
  /** What is left of the budget is spread. */
  | 'budget'

/** So many sends are left to answers that somebody asked for: help, faults, and what the agent says. */
const RESERVE = 3
/** Where fewer are allowed in all, a third of them. */
const RESERVED_SHARE = 3
/** Who writes three lines is told of once. */
const GATHER_MS = 1500
/** Between the last notice and the next, by how many are left: seven lines in a row must not use the day up. */
const PAUSES_MS: readonly number[] = [30 * 60_000, 10 * 60_000, 2 * 60_000, 30_000]
const AT_ONCE = 200
/** What nobody has to be told of needs no commit each. */
const BEHIND = 200
/** Something may have changed that nobody said. */
const LOOK_AGAIN_MS = 60_000

export function createRecipient(
  { account, user, reader }: { account: string; user: string; reader: string },
  options: BridgeOptions,
): Recipient {
  const { writer, clock, outbox, log } = options
  const gathering = createGathering()
  const name = hash('sha256', reader).slice(0, 16)
  let routes: Routes = []
  let lookedUpTo: number | null = null
  let gatheredSince = 0
  let wroteSince = false

  async function begin(): Promise<number> {
    const known = bridgePosition(writer.database, reader)
    if (known !== null) return known
    // A new one begins with the next message; where a damaged database was replaced, where we were.
    return writer.write(database => {
      const seq = gathering.count > 0 ? gathering.firstSeq - 1 : (lookedUpTo ?? lastGivenSeq(database))
      moveBridge(database, reader, seq)
      return seq
    })
  }

  async function gather(): Promise<void> {
    const position = await begin()
    for (;;) {
      const messages = dueMessages(writer.database, lookedUpTo ?? position, AT_ONCE)
      for (const message of messages) {
        if (isForThem(message)) {
          if (gathering.count === 0) gatheredSince = clock.monotonic()
          gathering.add(message)
        }
        lookedUpTo = message.seq
      }
      if (messages.length < AT_ONCE) break
    }
    if (gathering.count === 0 && (lookedUpTo ?? 0) - position >= BEHIND) await settle()
  }

  /** What was received, and never what came from there. */
  function isForThem(message: StoredMessage): boolean {
    const { via, to, type, mergedInto, flags, from } = message
    if (via === 'send' || via === 'import' || to !== null || mergedInto !== null) return false
    if (type === 'unparsed' || type === 'correction' || flags['state'] === 'refused') return false
    if (from?.address.scheme === 'wechat' && from.address.account === account) return false
    // Of a group, which has no address.
    if (via === 'wechat' && from === null) return false
    return routes.some(route => passes(route, message, options.ownUser))
  }

  async function work(): Promise<RecipientState> {
    await gather()
    if (gathering.count === 0) return state(null, null)
    const reach = reachNow()
    switch (reach.kind) {
      case 'no_account':
        return state('login', LOOK_AGAIN_MS)
      case 'not_allowed':
        return state('permission', LOOK_AGAIN_MS)
      case 'used_up':
      case 'too_old':
      case 'never_wrote':
        return state('their_message', LOOK_AGAIN_MS)
      case 'open':
        return tell(reach)
    }
  }

  function reachNow() {
    try {
      return options.reach(account, user)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return { kind: 'no_account' } as const
    }
  }

  async function tell(reach: { user: string; remaining: number; of: number }): Promise<RecipientState> {
    const to: Address = { scheme: 'wechat', account, user: reach.user }
    const last = lastNoticeTo(writer.database, to)
    if (last?.isOpen === true) return state('delivery', LOOK_AGAIN_MS)
    const left = reach.remaining - Math.min(RESERVE, Math.floor(reach.of / RESERVED_SHARE))
    if (left <= 0) return state('their_message', LOOK_AGAIN_MS)
    const gatherMs = gatheredSince + GATHER_MS - clock.monotonic()
    if (gatherMs > 0) return state(null, gatherMs)
    const pauseMs = pauseLeft(last?.sentAtMs ?? null, left)
    if (pauseMs > 0) return state('budget', pauseMs)
    await send(to, left === 1)
    return state('delivery', null)
  }

  /** A clock that was set back must not make anybody wait for what it showed before. */
  function pauseLeft(sentAtMs: number | null, left: number): number {
    const pause = PAUSES_MS[left - 1] ?? 0
    if (sentAtMs === null || wroteSince) return 0
    const passed = clock.now() - sentAtMs
    return passed < 0 ? 0 : pause - passed
  }

  async function send(to: Address, isLast: boolean): Promise<void> {
    const { firstSeq, lastSeq } = gathering
    const notice = gathering.notice({ language: options.language(), isLast })
    const upTo = lookedUpTo ?? lastSeq
    try {
      await outbox.submit({
        to,
        content: notice.text,
        file: null,
        replyTo: undefined,
        requestId: `bridge:${name}:${firstSeq}-${lastSeq}`,
        isAutomatic: true,
        also(database, entry) {
          rememberNotice(database, entry.id, notice.peers)
          moveBridge(database, reader, upTo)
        },
      })
    } catch (error) {
      // It was told before, in other words.
      if (!(error instanceof RefusedError)) throw error
    }
    log.info('a notice was submitted', { from: firstSeq, to: lastSeq, messages: gathering.count })
    gathering.clear()
    wroteSince = false
    await settle()
  }

  async function settle(): Promise<void> {
    const seq = lookedUpTo
    if (seq === null || gathering.count > 0 || bridgePosition(writer.database, reader) === seq) return
    await writer.write(database => moveBridge(database, reader, seq))
  }

  function state(waitingFor: WaitingFor | null, againMs: number | null): RecipientState {
    return { waiting: gathering.count, waitingFor: gathering.count === 0 ? null : waitingFor, againMs }
  }

  return {
    follow(next) {
      const isOther = JSON.stringify(next) !== JSON.stringify(routes)
      routes = next
      if (!isOther || gathering.count === 0) return
      // What has gathered is what they are told of by other routes now.
      lookedUpTo = gathering.firstSeq - 1
      gathering.clear()
    },
    work,
    wrote() {
      wroteSince = true
    },
    settle,
  }
}
