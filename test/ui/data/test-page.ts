import type { ConversationRecord } from '../../../scripts/protocol/record-line.ts'
import { formatRecord } from '../../../scripts/protocol/record-line.ts'
import { createStore } from '../../../ui/data/store.js'
import type { Clock, Connection, Part, StorageLike, Store } from '../../../ui/data/types.d.ts'
import { type ServedFiles, serveFiles } from './served-files.ts'

/** A page without a browser: the store over served files, a stream that tests speak for, and a clock that stands. */
export interface TestPage {
  readonly served: ServedFiles
  readonly store: Store
  readonly storage: StorageLike
  readonly streams: TestStream[]
  readonly changes: Part[][]
  now(): number
  /** Runs what is due, and lets it come to rest. */
  pass(ms: number): Promise<void>
}

export interface TestStream extends Connection {
  readyState: number
  closed: boolean
  say(type: string, data?: unknown): void
}

export const NOW = Date.parse('2026-03-10T12:00:00Z')

export function testPage({ served = serveFiles(), storage = memoryStorage() } = {}): TestPage {
  const timers: { readonly at: number; readonly run: () => void }[] = []
  const streams: TestStream[] = []
  let now = NOW
  const clock: Clock = {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer) >>> 0, 1)
    },
  }
  const store = createStore({
    fetch: served.fetch,
    storage,
    clock,
    connect() {
      const stream = testStream()
      streams.push(stream)
      return stream
    },
  })
  const changes: Part[][] = []
  store.subscribe(changed => changes.push([...changed]))
  return {
    served,
    store,
    storage,
    streams,
    changes,
    now: () => now,
    async pass(ms) {
      now += ms
      for (const timer of timers.filter(one => one.at <= now)) {
        timers.splice(timers.indexOf(timer), 1)
        timer.run()
      }
      // Everything here is promises that are kept at once.
      for (let i = 0; i < 500; i++) await Promise.resolve()
    },
  }
}

function testStream(): TestStream {
  const listeners = new Map<string, ((event: { readonly data?: unknown }) => void)[]>()
  return {
    readyState: 0,
    closed: false,
    addEventListener: (type, listener) => listeners.set(type, [...(listeners.get(type) ?? []), listener]),
    close() {
      this.closed = true
    },
    say(type, data) {
      for (const listener of listeners.get(type) ?? []) listener({ data: JSON.stringify(data) })
    },
  }
}

export function memoryStorage(): StorageLike {
  const values = new Map<string, string>()
  return { getItem: key => values.get(key) ?? null, setItem: (key, value) => void values.set(key, value) }
}

export const bob = { address: { scheme: 'relay', id: 2 }, name: 'bob' } as const
export const eve = { address: { scheme: 'relay', id: 3 }, name: 'eve' } as const
export const me = { address: { scheme: 'relay', id: 1 }, name: 'me' } as const
export const ann = { address: { scheme: 'wechat', account: 'main', user: 'oAnn@im.wechat' }, name: '' } as const
export const ops = { address: { scheme: 'webhook', name: 'ops' }, name: 'ops' } as const

export function line(record: Partial<ConversationRecord> = {}): string {
  return `${formatRecord({ at: '2026-03-10T10:00:00Z', from: bob, type: 'chat', flags: {}, content: 'hello', ...record })}\n`
}
