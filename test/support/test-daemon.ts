import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Clock } from '../../scripts/core/clock.ts'
import type { FetchLike } from '../../scripts/core/fetch.ts'
import { createLogger } from '../../scripts/core/logger.ts'
import type { DaemonOptions } from '../../scripts/daemon/options.ts'
import { type Daemon, startDaemon } from '../../scripts/daemon.ts'
import { type InboxEntry, parseEntries } from '../../scripts/protocol/inbox-entry.ts'
import { type ConversationRecord, parseRecord } from '../../scripts/protocol/record-line.ts'
import { createDataFolder, type DataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { createScriptedRelay, type ScriptedRelay } from './scripted-relay.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { turns, waitFor } from './wait-for.ts'

/** What an agent would read. */
export interface FolderView {
  readonly folder: DataFolder
  text(name: Parameters<DataFolder['file']>[0]): string
  json(name: Parameters<DataFolder['file']>[0]): Record<string, unknown>
  records(): ConversationRecord[]
  entries(): InboxEntry[]
  /** Names of events in `sse_channel.log`, or whole lines that match. */
  channel(pattern?: RegExp): string[]
  writeConfig(config: Record<string, unknown>): void
}

export function viewOf(path: string): FolderView {
  const folder = dataFolderAt(path)
  function text(name: Parameters<DataFolder['file']>[0]): string {
    try {
      return readFileSync(folder.file(name), 'utf8')
    } catch {
      return ''
    }
  }
  return {
    folder,
    text,
    // Not written yet reads as empty; torn JSON would throw.
    json: name => JSON.parse(text(name) || '{}') as Record<string, unknown>,
    records: () =>
      text('conversations.md')
        .split('\n')
        .flatMap(line => parseRecord(line) ?? []),
    entries: () => parseEntries(text('inbox_pushed.md')),
    channel(pattern) {
      const lines = text('sse_channel.log').split('\n').slice(0, -1)
      if (pattern !== undefined) return lines.filter(line => pattern.test(line))
      return lines.flatMap(line => /^\[[^\]]+\] ([A-Z_]+)/.exec(line)?.[1] ?? [])
    },
    writeConfig(config) {
      createDataFolder(folder)
      writeFileSync(folder.file('config.json'), JSON.stringify(config), { mode: 0o600 })
    },
  }
}

export interface TestDaemon extends FolderView {
  readonly daemon: Daemon
  readonly logs: readonly Record<string, unknown>[]
  readonly said: readonly string[]
  stop(): Promise<void>
}

export async function startTestDaemon(
  t: TestContext,
  options: { path: string; clock: Clock; fetch: FetchLike } & Partial<DaemonOptions>,
): Promise<TestDaemon> {
  const logs: Record<string, unknown>[] = []
  const said: string[] = []
  const view = viewOf(options.path)
  const daemon = await startDaemon({
    folder: view.folder,
    stateFolder: null,
    runtimeFolder: join(tmpdir(), `openwechat-im-${process.getuid?.()}`),
    log: createLogger({ clock: options.clock, level: 'debug', write: line => logs.push(JSON.parse(line)) }),
    version: 'test',
    language: 'en',
    say: text => said.push(text),
    ...options,
  })
  let stopped = false
  async function stop(): Promise<void> {
    if (stopped) return
    stopped = true
    await daemon.stop('test')
  }
  t.after(stop)
  return { ...view, daemon, logs, said, stop }
}

export interface Scene extends TestDaemon {
  readonly relay: ScriptedRelay
  readonly clock: FakeClock
  /** Moves the time on in small steps, with turns of the event loop in between. */
  pass(ms: number, stepMs?: number): Promise<void>
  /** Lets time pass until the condition holds. */
  until(name: string, condition: () => boolean, stepMs?: number): Promise<void>
  /** Files follow in their own time: asserts again and again until it holds. The clock stands still. */
  eventually(assertion: () => void): Promise<void>
  /** Starts the daemon again on the same folder, with the same relay. */
  restart(): Promise<Scene>
}

/** A daemon with a scripted relay and a clock that only the test moves. */
export async function startScene(
  t: TestContext,
  {
    config = {},
    prepare,
    path = join(temporaryFolder(), 'openwechat_im_client'),
    clock = createFakeClock(),
    relay = createScriptedRelay(clock),
    ...options
  }: {
    /** null: no config.json at all. */
    config?: Record<string, unknown> | null
    prepare?: (relay: ScriptedRelay, path: string) => void
    path?: string
    clock?: FakeClock
    relay?: ScriptedRelay
  } & Partial<DaemonOptions> = {},
): Promise<Scene> {
  if (config !== null) {
    viewOf(path).writeConfig({ base_url: 'http://127.0.0.1:9', token: relay.token, my_id: 2, ...config })
  }
  prepare?.(relay, path)
  const daemon = await startTestDaemon(t, { path, clock, fetch: relay.fetch, ...options })
  const scene: Scene = {
    ...daemon,
    relay,
    clock,
    async pass(ms, stepMs = 250) {
      for (let left = ms; left > 0; left -= stepMs) {
        await turns(6)
        clock.advance(Math.min(stepMs, left))
      }
      await turns(6)
      // Files are written by the thread pool: real time, not the clock's.
      await new Promise(resolve => setTimeout(resolve, 15))
    },
    async until(name, condition, stepMs = 100) {
      await waitFor(name, condition, { meanwhile: () => clock.advance(stepMs), everyMs: 2 })
    },
    async eventually(assertion) {
      let failure: unknown
      const holds = () => {
        try {
          assertion()
          return true
        } catch (error) {
          failure = error
          return false
        }
      }
      await waitFor('assertion', holds, { limitMs: 5000 }).catch(() => {
        throw failure
      })
    },
    async restart() {
      await daemon.stop()
      return startScene(t, { config: null, path, clock, relay, ...options })
    },
  }
  await turns(10)
  return scene
}
