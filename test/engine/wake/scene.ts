import type { TestContext } from 'node:test'
import type { WakeConfig } from '../../../scripts/core/config.ts'
import type { FetchAnswer, FetchLike } from '../../../scripts/core/fetch.ts'
import { createLogger } from '../../../scripts/core/logger.ts'
import { createStatusBoard } from '../../../scripts/engine/status-board.ts'
import { createWaker } from '../../../scripts/engine/wake/waker.ts'
import { AGENT, acknowledge } from '../../../scripts/store/positions.ts'
import { lastRequests, type RequestRecord } from '../../../scripts/store/request-log.ts'
import { readStatus } from '../../../scripts/store/status.ts'
import { createWriter } from '../../../scripts/store/writer.ts'
import { configFor } from '../../adapters/wake/gateway.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { createMessageStore, type MessageStore } from '../../support/message-store.ts'
import { answer } from '../../support/scripted-relay.ts'
import { turns } from '../../support/wait-for.ts'

/** A waker on a store of its own, a clock that the test moves, and a gateway that answers as the test says. */
export interface WakeScene {
  readonly clock: FakeClock
  readonly store: MessageStore
  readonly pokes: readonly SeenPoke[]
  readonly logs: readonly string[]
  /** Lines of `sse_channel.log`. */
  readonly events: readonly string[]
  answer: () => FetchAnswer | Promise<FetchAnswer>
  config: WakeConfig | null
  relayState: string | null
  signedOut: string[]
  /** A message comes, as the daemon would notice it. */
  arrives(message?: Parameters<MessageStore['add']>[0]): void
  /** The agent reads everything, or up to there, or of one peer. */
  reads(how?: { upTo?: number; peer?: string }): void
  saved(config: WakeConfig | null): void
  /** Lets time pass, from timer to timer, so that what begins at one can end before the next. */
  pass(ms: number): Promise<void>
  /** Seconds from the beginning at which the agent was poked. */
  times(): number[]
  status(): Readonly<Record<string, unknown>> | undefined
  rows(): RequestRecord[]
  stop(): Promise<void>
  /** Stops, and starts again on the same store. */
  restart(): Promise<void>
}

export interface SeenPoke {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Seconds from the beginning. */
  readonly at: number
}

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

export const taken = () => answer('{"ok":true,"mode":"now","eventOutcome":"queued"}')
export const refused = (status: number, text = '', headers: Record<string, string> = {}) =>
  answer(text, { status, headers })

export async function startScene(t: TestContext, config: Partial<WakeConfig> | null = {}): Promise<WakeScene> {
  const store = createMessageStore()
  t.after(() => store.database.close())
  const clock = createSteppedClock()
  const start = clock.now()
  const pokes: SeenPoke[] = []
  const logs: string[] = []
  const events: string[] = []
  const writer = createWriter({
    open: () => store.database,
    replaceCorrupt: database => database,
    clock,
    onFault: () => undefined,
    onRecovered: () => undefined,
  })
  const log = createLogger({ clock, level: 'debug', write: line => logs.push(line) })
  const fetch: FetchLike = (url, { headers, body, signal }) => {
    pokes.push({ url, headers, body: String(body), at: (clock.now() - start) / SECOND })
    const { promise, resolve, reject } = Promise.withResolvers<FetchAnswer>()
    signal?.addEventListener('abort', () => reject(signal.reason))
    Promise.resolve(scene.answer()).then(resolve, reject)
    return promise
  }

  function open() {
    const board = createStatusBoard({ writer, clock, log, onCommit: () => waker.kick() })
    const waker = createWaker({
      writer,
      clock,
      fetch,
      log,
      board,
      channelLog: { event: (event, fields) => void events.push(`${event} ${JSON.stringify(fields)}`) },
      config: () => scene.config,
      relayState: () => scene.relayState,
      signedOut: () => scene.signedOut,
    })
    return waker
  }

  const scene: WakeScene = {
    clock,
    store,
    pokes,
    logs,
    events,
    answer: taken,
    config: config === null ? null : { ...configFor('http://127.0.0.1:18789/hooks'), ...config },
    relayState: 'connected',
    signedOut: [],
    arrives(message) {
      store.add(message)
      waker.kick()
    },
    reads({ upTo = Number.MAX_SAFE_INTEGER, peer } = {}) {
      acknowledge(store.database, { reader: AGENT, upTo, peer })
      waker.kick()
    },
    saved(now) {
      scene.config = now
      waker.configChanged()
    },
    async pass(ms) {
      const end = clock.monotonic() + ms
      while (clock.monotonic() < end) {
        const next = Math.min(end, ...clock.dues())
        clock.advance(Math.max(0, next - clock.monotonic()))
        await turns(5)
      }
    },
    times: () => pokes.map(one => Math.round(one.at)),
    status: () => readStatus(store.database, 'wake'),
    rows: () => lastRequests(store.database, 'wake', { limit: 1000 }),
    stop: () => waker.stop(),
    async restart() {
      await waker.stop()
      await turns()
      waker = open()
    },
  }
  let waker = open()
  t.after(() => waker.stop())
  await turns()
  return scene
}

/** Tells when its timers are due. */
function createSteppedClock(): FakeClock & { dues(): number[] } {
  const clock = createFakeClock()
  const dues = new Map<symbol, number>()
  return {
    ...clock,
    after(ms, action) {
      const timer = Symbol()
      dues.set(timer, clock.monotonic() + Math.max(0, ms))
      const cancel = clock.after(ms, () => {
        dues.delete(timer)
        action()
      })
      return () => {
        dues.delete(timer)
        cancel()
      }
    },
    dues: () => [...dues.values()],
  }
}

export function textOf(poke: SeenPoke | undefined): string {
  const { text, message } = JSON.parse(poke?.body ?? '{}') as { text?: string; message?: string }
  return text ?? message ?? ''
}
