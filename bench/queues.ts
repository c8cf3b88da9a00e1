import { readFileSync, writeFileSync } from 'node:fs'
import { utcSeconds } from '../scripts/core/clock.ts'
import { eventText } from '../scripts/protocol/webhook/event-body.ts'
import type { DataFolder } from '../scripts/store/data-folder.ts'
import { type Database, openForWriting } from '../scripts/store/database.ts'
import { enqueue } from '../scripts/store/deliveries.ts'
import { insertEvent } from '../scripts/store/events.ts'
import { migrate } from '../scripts/store/schema.ts'
import { followSinks } from '../scripts/store/sinks.ts'
import { contentOf, FIRST_AT, PEERS } from './messages.ts'

/** Queues of event webhooks, as a daemon leaves them that had nobody to push to. */

/** Adds these webhooks to the configuration of a folder. */
export function addWebhooks(folder: DataFolder, webhooks: Readonly<Record<string, object>>): void {
  const path = folder.file('config.json')
  const config: unknown = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...Object(config), webhooks: { outbound: webhooks } }), { mode: 0o600 })
}

export function nameOfEvent(n: number): string {
  return `evt_${n}`
}

/** What is pushed for message `n`, before it is signed. */
export function textOf(n: number): string {
  const { id, name } = peerOf(n)
  const data = {
    channel: 'relay',
    user: `#${id}`,
    message: contentOf(n),
    sessionId: `peer:${id}`,
    id: nameOfEvent(n),
    seq: n + 1,
    direction: 'in',
    type: 'chat',
    name,
  }
  return eventText({ name: 'message.received', at: utcSeconds(FIRST_AT), data })
}

function peerOf(n: number): { id: number; name: string } {
  return PEERS[n % PEERS.length] ?? { id: 0, name: '' }
}

/** Queues so many messages for all of them, without a message of ours behind any. */
export function fillQueues(
  folder: DataFolder,
  { sinks, count }: { sinks: readonly string[]; count: number },
  afterwards: (database: Database) => void = () => undefined,
): void {
  const database = openForWriting(folder.file('state.db'), migrate)
  database.exec('PRAGMA synchronous = OFF')
  database.exec('BEGIN')
  followSinks(database, sinks)
  for (let n = 0; n < count; n++) {
    const lane = `relay:${peerOf(n).id}`
    const event = insertEvent(database, {
      eventId: nameOfEvent(n),
      name: 'message.received',
      at: utcSeconds(FIRST_AT),
      lane,
      seq: n + 1,
      body: Buffer.from(textOf(n)),
    })
    for (const sink of sinks) enqueue(database, { sink, event, lane, body: null, notBefore: 0 })
  }
  afterwards(database)
  database.exec('COMMIT')
  database.close()
}
