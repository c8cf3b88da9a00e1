import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { openForReading } from '../../../scripts/store/database.ts'
import { sinkState } from '../../../scripts/store/sinks.ts'
import { BOB, chat } from '../../support/blocks.ts'
import { damageTable } from '../../support/damage.ts'
import { pushTransport } from '../../support/push-transport.ts'
import { startReceiver } from '../../support/receiver.ts'
import { startScene } from '../../support/test-daemon.ts'

/** A daemon whose receiver is down: two messages wait for it. */
async function waiting(t: TestContext) {
  const receiver = await startReceiver(t, 503)
  const ops = { url: receiver.url, events: ['message.received'], retries: 10 }
  const scene = await startScene(t, { pushFetch: pushTransport(t), config: { webhooks: { outbound: { ops } } } })
  await scene.until('connected', () => scene.relay.streams.length === 1)
  for (const text of ['one', 'two']) scene.relay.send(chat(BOB, text))
  await scene.until('tried', () => receiver.requests.length > 0 && scene.entries().length === 2)
  await scene.pass(3000)
  return { receiver, scene, path: scene.folder.file('state.db') }
}

async function texts(t: TestContext, damaged: string | null) {
  const { receiver, scene, path } = await waiting(t)
  if (damaged !== null) damageTable(path, damaged)
  scene.relay.send(chat(BOB, 'three'))
  if (damaged !== null) {
    await scene.until('moved aside', () => scene.channel(/STORAGE_FAULT file=state\.db .*moved_to=/).length > 0, 1000)
  }
  await scene.until('shown', () => scene.entries().length === 3, 1000)
  const before = receiver.requests.length
  receiver.answer(200)
  const told = () =>
    receiver.requests.slice(before).map(({ json }) => (json['data'] as Record<string, unknown>)['message'])
  await scene.until('told', () => told().includes('three'), 500)
  await scene.pass(2000)
  const database = openForReading(path)
  const state = database === null ? null : sinkState(database, 'webhook:ops')
  database?.close()
  return { told: told(), waiting: state?.waiting, shown: scene.json('stats.json') }
}

describe('a database that is damaged while messages wait for a receiver', () => {
  for (const table of ['sinks', 'messages', 'request_log', 'positions']) {
    test(`in ${table}: they go out, once and in order, with what comes afterwards`, async t => {
      const { told, waiting } = await texts(t, table)
      assert.deepEqual(told, ['one', 'two', 'three'])
      assert.equal(waiting, 0)
    })
  }

  for (const table of ['deliveries', 'events']) {
    test(`in ${table}: what comes afterwards goes out`, async t => {
      const { told, waiting } = await texts(t, table)
      assert.equal(told.at(-1), 'three')
      assert.equal(waiting, 0)
    })
  }
})
