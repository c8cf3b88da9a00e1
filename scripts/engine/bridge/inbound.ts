import { ConfigError, RefusedError } from '../../core/errors.ts'
import type { Bilingual } from '../../core/i18n.ts'
import { passes } from '../../protocol/bridge/match.ts'
import { NOT_CONNECTED } from '../../protocol/bridge/texts.ts'
import { setAside } from '../../store/aside.ts'
import { bridgePosition, moveBridge, setSpeaksTo, watchEntry } from '../../store/bridge.ts'
import type { Database } from '../../store/database.ts'
import { dueMessages, lastGivenSeq, type StoredMessage } from '../../store/messages.ts'
import { attachedTo } from './attached-file.ts'
import { type Decision, decide, type FromPerson } from './decide.ts'
import type { BridgeOptions, Routes } from './parts.ts'
import { say } from './saying.ts'

/** Answers from WeChat to people on the relay: each message once, in the order in which they came. */
export interface Inbound {
  apply(routes: Routes): void
  /** Whether positions are to be kept under this name. */
  readonly reader: string
  /** Everything that was committed. @returns for how long one of them has to wait at the most; null: none does */
  work(): Promise<number | null>
  /** Notes how far everything was read. */
  settle(): Promise<void>
}

const READER = 'from-wechat'
const AT_ONCE = 100
/** Somebody quotes a notice before it is known what it is called: its answer, or its repetition, is on the way. */
const WAIT_MS = 30_000
/** What is not for us needs no commit each: after a crash so much is looked at again. */
const BEHIND = 200

export function createInbound(options: BridgeOptions): Inbound {
  const { writer, clock, outbox } = options
  let routes: Routes = []
  let lookedUpTo: number | null = null
  /** The message that has to wait, and since when. */
  let held: { readonly seq: number; readonly since: number } | null = null

  /** Whoever was not here yet begins with the next message; where a damaged database was replaced, where we were. */
  async function begin(): Promise<number> {
    const known = bridgePosition(writer.database, READER)
    if (known !== null) return Math.max(known, lookedUpTo ?? 0)
    return writer.write(database => {
      const seq = lookedUpTo ?? lastGivenSeq(database)
      moveBridge(database, READER, seq)
      return seq
    })
  }

  async function work(): Promise<number | null> {
    if (routes.length === 0) return null
    for (;;) {
      const from = await begin()
      const messages = dueMessages(writer.database, from, AT_ONCE)
      for (const message of messages) {
        if (isForRelay(message) && !(await take(message))) return leftOf(message)
        lookedUpTo = message.seq
      }
      if ((lookedUpTo ?? 0) - (bridgePosition(writer.database, READER) ?? 0) >= BEHIND) await settle()
      if (messages.length < AT_ONCE) return null
    }
  }

  /** Those behind it wait too: they are answers in the order in which they were written. */
  function leftOf({ seq }: StoredMessage): number {
    if (held?.seq !== seq) held = { seq, since: clock.monotonic() }
    return held.since + WAIT_MS - clock.monotonic()
  }

  /** Never what we sent, what was taken over, or what somebody wrote who may not. */
  function isForRelay(message: StoredMessage): message is FromPerson {
    const { via, type, from, to, flags, mergedInto } = message
    if (via !== 'wechat' || to !== null || mergedInto !== null || from?.address.scheme !== 'wechat') return false
    if (type !== 'chat' && type !== 'file') return false
    if (flags['state'] === 'refused' || flags['group'] !== undefined) return false
    return routes.some(route => passes(route, message, options.ownUser))
  }

  /** @returns false when it has to wait */
  async function take(message: FromPerson): Promise<boolean> {
    const taken = (database: Database) => {
      setAside(database, message.seq)
      moveBridge(database, READER, message.seq)
    }
    const decision = decideOn(message)
    switch (decision.kind) {
      case 'wait':
        return false
      case 'agent':
        await writer.write(database => moveBridge(database, READER, message.seq))
        break
      case 'say':
        await answer(message, decision, taken)
        break
      case 'send':
        await send(message, decision, taken)
    }
    return true
  }

  function decideOn(message: FromPerson): Decision {
    const mayWait = held?.seq !== message.seq || clock.monotonic() < held.since + WAIT_MS
    const around = { database: writer.database, now: clock.now(), mayWait }
    try {
      return decide(message, { ...around, contacts: options.contacts() })
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      // Nobody is registered: what is not for the agent is for nobody.
      const decision = decide(message, { ...around, contacts: [] })
      const isOurs = decision.kind === 'send' || decision.kind === 'say'
      return isOurs ? { kind: 'say', text: NOT_CONNECTED } : decision
    }
  }

  async function answer(
    { seq, from }: FromPerson,
    {
      text,
      listener,
    }: { readonly text: Bilingual; readonly listener?: Extract<Decision, { kind: 'say' }>['listener'] },
    taken: (database: Database) => void,
  ): Promise<void> {
    await say(
      {
        to: from.address,
        text,
        requestId: `bridge-say:${seq}`,
        also(database) {
          if (listener !== undefined) setSpeaksTo(database, from.address, listener)
          taken(database)
        },
      },
      options,
    )
  }

  async function send(
    message: FromPerson,
    { to, text }: Extract<Decision, { kind: 'send' }>,
    taken: (database: Database) => void,
  ): Promise<void> {
    const attached = await attachedTo(message, options)
    if (attached.kind === 'fault') return answer(message, attached, taken)
    try {
      await outbox.submit({
        to,
        content: text,
        file: attached.kind === 'file' ? attached.file : null,
        requestId: `bridge-in:${message.seq}`,
        isAutomatic: true,
        also(database, entry) {
          watchEntry(database, { entry: entry.id, teller: message.from.address })
          taken(database)
        },
      })
    } catch (error) {
      if (error instanceof ConfigError) return answer(message, { text: NOT_CONNECTED }, taken)
      // It was sent before, whatever it said then.
      if (!(error instanceof RefusedError)) throw error
      await writer.write(taken)
    }
  }

  async function settle(): Promise<void> {
    const seq = lookedUpTo
    if (routes.length > 0 && seq !== null) await writer.write(database => moveBridge(database, READER, seq))
  }

  return {
    reader: READER,
    apply(next) {
      routes = next.filter(({ to }) => to.kind === 'relay')
      if (routes.length === 0) lookedUpTo = null
    },
    work,
    settle,
  }
}
