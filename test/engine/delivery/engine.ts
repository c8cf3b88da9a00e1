import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Config, parseConfig } from '../../../scripts/core/config.ts'
import type { FetchAnswer, FetchInit } from '../../../scripts/core/fetch.ts'
import { createLogger } from '../../../scripts/core/logger.ts'
import { createDeliveries } from '../../../scripts/engine/delivery/deliveries.ts'
import { createStatusBoard } from '../../../scripts/engine/status-board.ts'
import { type Database, openForWriting } from '../../../scripts/store/database.ts'
import { lastRequests } from '../../../scripts/store/request-log.ts'
import { migrate } from '../../../scripts/store/schema.ts'
import { sinkState } from '../../../scripts/store/sinks.ts'
import { readStatus } from '../../../scripts/store/status.ts'
import { createWriter } from '../../../scripts/store/writer.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { chunkedAnswer } from '../../support/fake-fetch.ts'
import { createMessageStore, type StoreMessage } from '../../support/message-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** One request, as a receiver sees it. */
export interface Seen {
  /** The last part of its address: `ops`. */
  readonly to: string
  readonly id: string
  readonly event: string
  readonly text: string
  readonly seq: number | null
  readonly data: Readonly<Record<string, unknown>>
  readonly body: string
  readonly atMs: number
}

type Reply = number | 'never'

export interface EngineOptions {
  readonly path?: string
  readonly clock?: FakeClock
  readonly config?: Readonly<Record<string, unknown>>
  readonly answer?: (seen: Seen) => Reply | Promise<Reply>
  readonly wrap?: (database: Database) => Database
}

/** An outbound webhook at `http://127.0.0.1:9/<name>` for each name. */
export function webhooks(names: Readonly<Record<string, object>>): Readonly<Record<string, unknown>> {
  const outbound = Object.fromEntries(
    Object.entries(names).map(([name, settings]) => [name, { url: `http://127.0.0.1:9/${name}`, ...settings }]),
  )
  return { webhooks: { outbound } }
}

export function configOf(sections: Readonly<Record<string, unknown>>): Config {
  return parseConfig(JSON.stringify({ base_url: 'http://127.0.0.1:9', token: 'a'.repeat(32), my_id: 1, ...sections }))
    .config
}

/** All sinks on a store of their own, with receivers inside of the test. */
export async function runEngine(t: TestContext, options: EngineOptions = {}) {
  const { path = join(temporaryFolder(), 'openwechat_im_client'), clock = createFakeClock() } = options
  // A second connection, for what somebody else writes.
  const store = createMessageStore({ path })
  const open = () => openForWriting(store.folder.file('state.db'), migrate)
  const writer = createWriter({
    open() {
      const database = options.wrap?.(open()) ?? open()
      database.exec('PRAGMA synchronous = OFF')
      return database
    },
    replaceCorrupt: () => {
      throw new Error('not expected')
    },
    clock,
    onFault: () => {},
    onRecovered: () => {},
  })
  const seen: Seen[] = []
  const underWay = new Map<string, number>()
  let most = 0
  const told: string[] = []
  const logs: Record<string, unknown>[] = []
  const log = createLogger({ clock, level: 'debug', write: line => logs.push(JSON.parse(line)) })
  const startedAt = clock.monotonic()
  let answer = options.answer ?? (() => 200)

  async function ask(url: string, init: FetchInit): Promise<FetchAnswer> {
    const { signal } = init
    const one = seenOf(url, init, clock.monotonic() - startedAt)
    seen.push(one)
    underWay.set(one.to, (underWay.get(one.to) ?? 0) + 1)
    most = Math.max(most, ...underWay.values())
    try {
      const status = await Promise.race([answer(one), aborted(signal)])
      if (status === 'never') return await aborted(signal)
      return chunkedAnswer([], { status })
    } finally {
      underWay.set(one.to, (underWay.get(one.to) ?? 0) - 1)
    }
  }

  const deliveries = createDeliveries({
    writer,
    clock,
    fetch: ask,
    log,
    board: createStatusBoard({ writer, clock, log, onCommit: () => {} }),
    channelLog: {
      event: (name, fields) => void told.push(`${name} ${Object.values(fields ?? {}).join(' ')}`.trim()),
      server: () => {},
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    version: 'test',
  })
  function configure(sections: Readonly<Record<string, unknown>>): void {
    deliveries.apply(configOf(sections))
  }
  if (options.config !== undefined) configure(options.config)

  let stopped = false
  async function stop(): Promise<void> {
    if (stopped) return
    stopped = true
    let over = false
    const ended = deliveries.stop().finally(() => {
      over = true
    })
    await waitFor('the stop', () => over, { meanwhile: () => clock.advance(500), everyMs: 1 })
    await ended
    await writer.close()
    store.database.close()
  }
  t.after(stop)

  const engine = {
    path,
    clock,
    writer,
    store,
    deliveries,
    seen,
    told,
    logs,
    stop,
    configure,
    get mostAtOnce() {
      return most
    },
    answer(next: (seen: Seen) => Reply | Promise<Reply>) {
      answer = next
    },
    /** Messages are there, and the files show them. Returns their numbers. */
    add(...messages: readonly StoreMessage[]): number[] {
      const seqs = messages.map(message => store.add(message))
      deliveries.committed()
      return seqs
    },
    /** What one receiver saw of messages. */
    texts: (to: string) => seen.filter(one => one.to === to && one.seq !== null).map(({ text }) => text),
    events: (to: string) => seen.filter(one => one.to === to).map(({ event }) => event),
    state: (sink: string) => sinkState(writer.database, sink),
    shown: (sink: string) => readStatus(writer.database, `sink:${sink}`),
    rows: (sink: string) => lastRequests(writer.database, sink, { limit: 1000 }),
    /** Lets time pass until it holds. */
    until: (name: string, condition: () => boolean, stepMs = 20) =>
      waitFor(name, condition, { meanwhile: () => clock.advance(stepMs), everyMs: 1 }),
    /** Everybody has everything that can go out now. */
    async settled(): Promise<void> {
      for (let quiet = 0, before = -1; quiet < 10; quiet = seen.length === before ? quiet + 1 : 0) {
        before = seen.length
        clock.advance(5)
        await new Promise(resolve => setTimeout(resolve, 1))
      }
    },
  }
  return engine
}

function seenOf(url: string, { headers, body }: FetchInit, atMs: number): Seen {
  const text = Buffer.from(body ?? '').toString('utf8')
  const { event = 'push', data = {} } = JSON.parse(text) as { event?: string; data?: Record<string, unknown> }
  return {
    to: new URL(url).pathname.split('/').at(-1) ?? '',
    id: headers['webhook-id'] ?? headers['X-Wechat-Abot-Event-Id'] ?? '',
    event,
    text: String(data['message'] ?? ''),
    seq: typeof data['seq'] === 'number' ? data['seq'] : null,
    data,
    body: text,
    atMs,
  }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
