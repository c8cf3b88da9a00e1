import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { parseConfig } from '../../scripts/core/config.ts'
import type { FetchAnswer } from '../../scripts/core/fetch.ts'
import { createLogger } from '../../scripts/core/logger.ts'
import { createIngest } from '../../scripts/engine/ingest.ts'
import { createOutbox, type OutgoingMessage } from '../../scripts/engine/outbox/outbox.ts'
import { createRelaySession, notRegistered } from '../../scripts/engine/relay-session.ts'
import { createDataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { type Database, openForReading, openForWriting } from '../../scripts/store/database.ts'
import { readEntry } from '../../scripts/store/outbox.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { createWriter } from '../../scripts/store/writer.ts'
import { profile } from './blocks.ts'
import { createFakeClock } from './fake-clock.ts'
import { createFakeWechat, type FakeWechat } from './fake-wechat.ts'
import { answer, networkError } from './scripted-relay.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { turns, waitFor } from './wait-for.ts'

/** A request with a message that the relay has and has not answered yet. */
export interface Attempt {
  readonly to: number
  readonly content: string
  reply(text: string, options?: Parameters<typeof answer>[1]): void
  fail(code: string): void
}

export interface RunOptions {
  readonly path?: string
  readonly clock?: ReturnType<typeof createFakeClock>
  readonly token?: string
  /** Names of the recipients: what the relay answers to `GET /users/{id}`. */
  readonly lookUp?: (id: number, signal: AbortSignal | undefined) => Promise<FetchAnswer> | FetchAnswer
  /** Answers at once, in the place of the test. */
  readonly reply?: (to: number, content: string) => FetchAnswer
  readonly wrap?: (database: Database) => Database
  /** Nobody is signed in there when it is left out. */
  readonly wechat?: FakeWechat
}

/** An outbox on a database of its own, and a relay that answers when the test says so. */
export function runOutbox(t: TestContext, options: RunOptions = {}) {
  const {
    path = join(temporaryFolder(), 'openwechat_im_client'),
    clock = createFakeClock(),
    wechat = createFakeWechat([]),
  } = options
  const folder = dataFolderAt(path)
  createDataFolder(folder)
  const file = folder.file('state.db')
  const open = () => openForWriting(file, migrate)
  const writer = createWriter({
    open: () => options.wrap?.(open()) ?? open(),
    replaceCorrupt: () => assert.fail('not expected'),
    clock,
    onFault: () => {},
    onRecovered: () => {},
  })
  const logs: string[] = []
  const log = createLogger({ clock, level: 'debug', write: line => logs.push(line) })
  const attempts: Attempt[] = []
  const requests: string[] = []
  async function fetch(
    url: string,
    { method, body, signal }: Parameters<Parameters<typeof createRelaySession>[0]['fetch']>[1],
  ) {
    signal?.throwIfAborted()
    const { pathname } = new URL(url)
    requests.push(`${method} ${pathname}`)
    const id = Number(/^\/users\/(\d+)$/.exec(pathname)?.[1])
    if (id > 0) {
      return options.lookUp?.(id, signal) ?? answer(profile({ id, name: `name${id}`, description: null }))
    }
    const text = typeof body === 'string' ? body : Buffer.from(body ?? []).toString('utf8')
    const form = /name="to_id"\r\n\r\n(\d+)/.exec(text)?.[1]
    const sent = form === undefined ? (JSON.parse(text) as { to_id: number; content: string }) : null
    const { promise, resolve, reject } = Promise.withResolvers<FetchAnswer>()
    signal?.addEventListener('abort', () => reject(signal.reason))
    const attempt: Attempt = {
      to: sent?.to_id ?? Number(form),
      content: sent?.content ?? '',
      reply: (words, how) => resolve(answer(words, how)),
      fail: code => reject(networkError(code)),
    }
    attempts.push(attempt)
    const ready = options.reply?.(attempt.to, attempt.content)
    return ready ?? promise
  }
  const ingest = createIngest({ writer, clock, onCommit: () => {} })
  const board = { post() {}, merge() {}, put: async () => {}, remove: async () => {}, repeat() {} }
  const channelLog = { event() {}, server() {}, close: async () => {} }
  const shared = { clock, fetch, log, ingest, board, channelLog } as unknown as Parameters<typeof createRelaySession>[0]
  const { config } = parseConfig(
    JSON.stringify({ base_url: 'http://relay.test', token: options.token ?? 'a'.repeat(32), my_id: 1 }),
  )
  const session = createRelaySession(shared, { config, signal: new AbortController().signal })
  let registered = true
  const outbox = createOutbox({
    claimed: () => ({ id: null, name: '' }),
    folder,
    writer,
    clock,
    log,
    onCommit: () => {},
    relay() {
      if (!registered) throw notRegistered()
      return session
    },
    wechat: wechat.session,
  })
  t.after(() => {
    writer.database.close()
  })
  const state = (id: number) => readEntry(writer.database, id)?.state
  return {
    folder,
    clock,
    writer,
    ingest: ingest.for('relay', session.account),
    outbox,
    attempts,
    requests,
    logs,
    state,
    /** What anybody else sees who opens the database now. */
    committed(id: number) {
      const reader = openForReading(file)
      try {
        return reader === null ? undefined : readEntry(reader, id)?.state
      } finally {
        reader?.close()
      }
    },
    register(now: boolean) {
      registered = now
    },
    submit: (to: number, content: string, more: Partial<OutgoingMessage> = {}) =>
      outbox.submit(outgoing(to, content, more)),
    /** Lets time pass until it holds. */
    until: (name: string, condition: () => boolean, stepMs = 50) =>
      waitFor(name, condition, { meanwhile: () => clock.advance(stepMs), everyMs: 1 }),
    /** Lets time pass in which nothing should happen. */
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 100) {
        clock.advance(100)
        await turns(3)
      }
    },
    sent: () => attempts.map(one => `${one.to} ${one.content}`),
    lines: () =>
      writer.database
        .all('SELECT recipient, content, flags FROM messages ORDER BY seq')
        .map(row => `${String(row['recipient'])} ${String(row['content'])} ${String(row['flags'])}`),
  }
}

export function outgoing(to: number, content: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { to: { scheme: 'relay', id: to }, content, file: null, requestId: undefined, ...more }
}

export const accepted = () => answer('发送成功')
export const forever = { waitMs: 3_600_000, signal: new AbortController().signal }
