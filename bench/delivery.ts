import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { signedBody } from '../scripts/protocol/webhook/event-body.ts'
import type { DataFolder } from '../scripts/store/data-folder.ts'
import { openForReading } from '../scripts/store/database.ts'
import { sinkState } from '../scripts/store/sinks.ts'
import { type Bench, grouped, inPairs, type Row } from './bench.ts'
import { startDaemon } from './daemon.ts'
import { type Child, start } from './processes.ts'
import { addWebhooks, fillQueues, textOf } from './queues.ts'
import type { Expected, Told } from './receiver.ts'

const SINK = 'webhook:bench'
const SECRET = 'the secret of the bench'

/** How fast a queue is emptied into a receiver that is well, against a loop that does nothing but post. */
export async function delivery(bench: Bench): Promise<Row[]> {
  const { size, folders, fresh, progress } = bench
  const receiver = start(process.execPath, [join(import.meta.dirname, 'receiver.ts')], { ipc: true })
  const port = await receiver.received(message => {
    const told = message as Told
    return told.kind === 'listening' ? told.port : undefined
  })
  const url = `http://127.0.0.1:${port}/hook`
  progress(`${grouped(size.queue)} events`)
  const queued = folders.copy(fresh, 'queued')
  addWebhooks(queued, { bench: { url, secret: SECRET, events: ['message.received'] } })
  fillQueues(queued, { sinks: [SINK], count: size.queue })
  const bodies = Array.from({ length: size.queue }, (_, n) => signedBody(Buffer.from(textOf(n)), SECRET))
  const lines = join(folders.create('post-loop').path, 'bodies')
  writeFileSync(lines, bodies.map(body => Buffer.from(body).toString('utf8')).join('\n'))
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0)

  /** Resolves with requests a second. */
  async function taken(sender: () => Promise<Child>): Promise<number> {
    const expected: Expected = { count: size.queue, warmUp: size.queueWarmUp }
    const all = receiver.received(message => {
      const told = message as Told
      return told.kind === 'took' ? told : undefined
    })
    receiver.send(expected)
    const child = await sender()
    const took = await Promise.race([all, child.failed])
    await child.stop()
    if (took.bytes !== bytes) throw new Error(`${took.bytes} bytes were pushed instead of ${bytes}`)
    return ((size.queue - size.queueWarmUp) * 1000) / (took.endedAt - took.beganAt)
  }

  async function ours(): Promise<number> {
    const folder = folders.copy(queued, 'pushing')
    const rate = await taken(async () => (await startDaemon(folder, bench.relay)).daemon)
    checkEmpty(folder, size.queue)
    folders.remove(folder)
    return rate
  }

  const loop = [join(import.meta.dirname, 'post-loop.ts'), url, lines]
  const theirs = () => taken(async () => start(process.execPath, loop, { ipc: true }))
  const pairs = await inPairs(size.queuePairs, { ours, theirs }, progress)
  await receiver.stop()
  return [
    {
      what: `delivery of ${grouped(size.queue)} queued events`,
      against: 'bare undici POST loop, nothing kept',
      unit: '/s',
      pairs,
      target: { atLeast: 0.3 },
    },
  ]
}

/** A queue that was not noted to be delivered would be pushed again. */
function checkEmpty(folder: DataFolder, count: number): void {
  const database = openForReading(folder.file('state.db'))
  const state = database === null ? null : sinkState(database, SINK)
  database?.close()
  if (state?.delivered === count && state.waiting === 0) return
  throw new Error(`${state?.delivered} of ${count} deliveries were noted, ${state?.waiting} wait`)
}
