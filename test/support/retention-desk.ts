import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Clock, utcSeconds } from '../../scripts/core/clock.ts'
import { createLogger } from '../../scripts/core/logger.ts'
import type { ParsedMessage } from '../../scripts/core/message.ts'
import type { ActionContext } from '../../scripts/engine/actions/action.ts'
import { storeReceipts } from '../../scripts/engine/receipts.ts'
import { createProjector, type Projector } from '../../scripts/projections/projector.ts'
import { createDataFolder, type DataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import type { Database } from '../../scripts/store/database.ts'
import { type FileLayer, nodeFiles } from '../../scripts/store/files.ts'
import { acknowledge } from '../../scripts/store/positions.ts'
import { openState } from '../../scripts/store/state.ts'
import type { Writer } from '../../scripts/store/writer.ts'
import { createFakeClock } from './fake-clock.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A data folder in use, without daemon or relay: the store, the files, and what actions need of the rest. */
export interface Desk {
  readonly folder: DataFolder
  readonly clock: Clock
  readonly writer: Writer
  readonly projector: Projector
  readonly context: ActionContext
  /** One payload each, unless they are given together. */
  receive(...messages: readonly Received[]): Promise<void>
  receiveTogether(...messages: readonly Received[]): Promise<void>
  /** The agent has read everything up to this message. */
  read(upTo?: number): Promise<void>
  /** Everything is in the files. */
  settled(): Promise<number>
  close(): Promise<void>
}

export interface Received {
  readonly content: string
  /** Days before now. */
  readonly age: number
  /** When it was written, if that was not when it was received. */
  readonly written?: number
  readonly from?: number | null
}

/** `2026-03-09T10:00:00Z` */
export const NOW = Date.UTC(2026, 2, 9, 10, 0, 0)
const DAY_MS = 86_400_000

export interface DeskOptions {
  readonly path?: string
  readonly files?: FileLayer
  readonly wrapDatabase?: (database: Database) => Database
}

export function openDesk(t: Pick<TestContext, 'after'>, options: DeskOptions = {}): Desk {
  const { path = join(temporaryFolder(), 'openwechat_im_client'), files = nodeFiles, wrapDatabase } = options
  const clock = createFakeClock({ startAt: NOW })
  const folder = dataFolderAt(path)
  createDataFolder(folder)
  const ignore = () => undefined
  const events = {
    onFault: ignore,
    onRecovered: ignore,
    onMovedAside: ignore,
    onImported: ignore,
    shownSeq: () => null,
  }
  const writer = openState(folder, clock, events, wrapDatabase)
  const projector = createProjector({
    folder,
    files,
    writer,
    clock,
    onFault: ignore,
    onRecovered: ignore,
    onSetAside: ignore,
  })
  let closed = false
  async function close(): Promise<void> {
    if (closed) return
    closed = true
    await projector.stop()
    await writer.close()
  }
  t.after(close)

  async function store(payloads: readonly (readonly Received[])[]): Promise<void> {
    for (const messages of payloads) {
      const [first] = messages
      if (first === undefined) continue
      const body = Buffer.from(messages.map(one => one.content).join('\n'))
      let at = 0
      const receipt = {
        account: { source: 'relay', account: 'me' },
        payload: {
          via: 'stream' as const,
          body,
          messages: messages.map(one => {
            const from = at
            at += Buffer.byteLength(one.content) + 1
            return { parsed: parsedOf(one), span: { from, to: at - 1 } }
          }),
        },
      }
      await writer.write(database =>
        storeReceipts(database, [receipt], {
          receivedAt: utcSeconds(NOW - first.age * DAY_MS),
          uptimeMs: 0,
          onRelationships: ignore,
        }),
      )
    }
  }

  return {
    folder,
    clock,
    writer,
    projector,
    context: {
      folder,
      files,
      clock,
      log: createLogger({ clock, level: 'silent', write: ignore }),
      writer,
      projector,
      config: () => null,
      signal: new AbortController().signal,
      progress: ignore,
    } as Partial<ActionContext> as ActionContext,
    receive: (...messages) => store(messages.map(one => [one])),
    receiveTogether: (...messages) => store([messages]),
    async read(upTo = Number.MAX_SAFE_INTEGER) {
      await writer.write(database => acknowledge(database, { reader: 'agent', upTo }))
    },
    settled: () => projector.maintain(maintenance => maintenance.settle()),
    close,
  }
}

function parsedOf({ content, age, written = age, from = 1 }: Received): ParsedMessage {
  return {
    type: 'chat',
    at: utcSeconds(NOW - written * DAY_MS),
    from: from === null ? null : { address: { scheme: 'relay', id: from }, name: `peer ${from}` },
    content,
    flags: {},
  }
}

/** Marks such as `m01` in the order in which they stand in a text. */
export function marksIn(text: string): string[] {
  return text.match(/\bm\d\d\b/g) ?? []
}

export const FILES = ['inbox_pushed.md', 'conversations.md'] as const

export const textOf = (desk: Desk, name: string): string => readFileSync(join(desk.folder.path, name), 'utf8')
export const archiveOf = (desk: Desk): string[] => readdirSync(join(desk.folder.path, '.archive')).sort()
/** The marks of what is in the database. */
export const storedIn = (desk: Desk): string[] =>
  desk.writer.database.all('SELECT content FROM messages ORDER BY seq').flatMap(row => marksIn(String(row['content'])))

export const old = (n: number, more: Partial<Received> = {}): Received => ({ content: `m${n} old`, age: 20, ...more })
export const young = (n: number, more: Partial<Received> = {}): Received => ({
  content: `m${n} young`,
  age: 1,
  ...more,
})

export const WEEK = { days: 7 }
export const YOUNG: readonly string[] = ['m21', 'm22', 'm23']

/** Six old messages and three young ones, all read and in the files. */
export async function deskInUse(t: Pick<TestContext, 'after'>, options: DeskOptions = {}): Promise<Desk> {
  const desk = openDesk(t, options)
  await desk.receive(...[11, 12, 13, 14, 15, 16].map(n => old(n)))
  await desk.receive(...[21, 22, 23].map(n => young(n)))
  await desk.read()
  await desk.settled()
  return desk
}
