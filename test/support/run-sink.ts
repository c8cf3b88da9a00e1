import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { FetchLike } from '../../scripts/core/fetch.ts'
import { createLogger } from '../../scripts/core/logger.ts'
import type { Push, PushOutcome, RetrySchedule, Sink } from '../../scripts/core/sink.ts'
import { createSinkLoop } from '../../scripts/engine/delivery/sink-loop.ts'
import type { SinkHealth } from '../../scripts/engine/delivery/sink-report.ts'
import { createDataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { type Database, openForWriting } from '../../scripts/store/database.ts'
import { type Delivery, enqueue } from '../../scripts/store/deliveries.ts'
import { insertEvent } from '../../scripts/store/events.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { followSinks, sinkState } from '../../scripts/store/sinks.ts'
import { createWriter } from '../../scripts/store/writer.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { turns, waitFor } from './wait-for.ts'

export const DELIVERED: PushOutcome = { kind: 'delivered', httpStatus: 200 }
export const FAILED: PushOutcome = { kind: 'retry', reason: 'http_500', httpStatus: 500, retryAfterMs: null }

const PATIENT: RetrySchedule = { firstMs: 1000, maxMs: 300_000, jitter: 0, tries: null, withinMs: null }

export interface PushSeen {
  /** Of the event, as it was queued: `a1`. */
  readonly text: string
  readonly id: string
  readonly attempt: number
  readonly atMs: number
}

export interface RunSinkOptions {
  readonly path?: string
  readonly clock?: FakeClock
  /** Left out: one that does what the test says. */
  readonly sink?: Sink
  /** For a sink that really asks somebody. */
  readonly fetch?: FetchLike
  readonly schedule?: Partial<RetrySchedule>
  /** What comes of each push; `pending` is the test's own affair. */
  readonly answer?: (push: PushSeen) => PushOutcome | Promise<PushOutcome>
  readonly wrap?: (database: Database) => Database
}

/** A loop with a sink that answers as the test says, on a database of its own. */
export async function runSink(t: TestContext, options: RunSinkOptions = {}) {
  const { path = join(temporaryFolder(), 'openwechat_im_client'), clock = createFakeClock() } = options
  const folder = dataFolderAt(path)
  createDataFolder(folder)
  const open = () => openForWriting(folder.file('state.db'), migrate)
  const writer = createWriter({
    open: () => options.wrap?.(open()) ?? open(),
    replaceCorrupt: () => assert.fail('not expected'),
    clock,
    onFault: () => {},
    onRecovered: () => {},
  })
  const seen: PushSeen[] = []
  const states: SinkHealth[] = []
  const dead: { delivery: Delivery; reason: string }[] = []
  const logs: string[] = []
  const startedAt = clock.monotonic()
  let answer = options.answer ?? (() => DELIVERED)
  let underWay = 0
  let most = 0

  function watched(sink: Sink): Sink {
    return {
      ...sink,
      async push(push, ctx) {
        seen.push(seenOf(push, clock.monotonic() - startedAt))
        most = Math.max(most, ++underWay)
        try {
          return await sink.push(push, ctx)
        } finally {
          underWay--
        }
      },
    }
  }

  function sinkOf(schedule: Partial<RetrySchedule>): Sink {
    return watched({
      name: 'webhook:ops',
      schedule: { ...PATIENT, ...schedule },
      push: async push => answer(seenOf(push, clock.monotonic() - startedAt)),
    })
  }

  const { name } = options.sink ?? { name: 'webhook:ops' }
  await writer.write(database => followSinks(database, [name]))
  const loop = createSinkLoop({
    sink: options.sink === undefined ? sinkOf(options.schedule ?? {}) : watched(options.sink),
    writer,
    clock,
    fetch: options.fetch ?? (() => assert.fail('the sink of a test asks nobody')),
    log: createLogger({ clock, level: 'debug', write: line => logs.push(line) }),
    onState: state => states.push(state),
    onDead: (_database, delivery, reason) => dead.push({ delivery, reason }),
  })
  let stopped = false
  async function stop(): Promise<void> {
    if (stopped) return
    stopped = true
    await loop.stop()
    await writer.close()
  }
  t.after(stop)

  return {
    path,
    clock,
    writer,
    loop,
    seen,
    states,
    dead,
    logs,
    stop,
    sinkOf,
    watched,
    get mostAtOnce() {
      return most
    },
    /** `a1` is of the peer `a`. */
    async queue(...texts: string[]) {
      await writer.write(database => {
        for (const text of texts) {
          const lane = text.replace(/\d+$/, '')
          const event = insertEvent(database, {
            eventId: `evt_${text}`,
            name: 'message.received',
            at: '2026-03-09T10:00:00Z',
            lane,
            seq: null,
            body: Buffer.from(text),
          })
          enqueue(database, { sink: name, event, lane, body: null, notBefore: 0 })
        }
      })
      loop.kick()
    },
    answer(next: (push: PushSeen) => PushOutcome | Promise<PushOutcome>) {
      answer = next
    },
    state: () => sinkState(writer.database, name),
    /** Lets time pass until so many pushes were seen. */
    until: (count: number, stepMs = 50) =>
      waitFor(`${count} pushes`, () => seen.length >= count, { meanwhile: () => clock.advance(stepMs), everyMs: 1 }),
    async pass(ms: number) {
      await turns(10)
      for (let left = ms; left > 0; left -= 1000) {
        clock.advance(Math.min(1000, left))
        await turns(10)
      }
    },
  }
}

function seenOf({ id, attempt, body }: Push, atMs: number): PushSeen {
  return { text: Buffer.from(body).toString('utf8'), id, attempt, atMs }
}
