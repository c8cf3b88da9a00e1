import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openForReading } from '../../scripts/store/database.ts'
import { sinkState } from '../../scripts/store/sinks.ts'
import { ALICE, chat } from '../support/blocks.ts'
import { pushTransport } from '../support/push-transport.ts'
import { startReceiver } from '../support/receiver.ts'
import { type Scene, startScene } from '../support/test-daemon.ts'
import { createWebhookDesk } from '../support/webhook-commands.ts'

/** The commands while a daemon has the folder: it does the work, and follows the changed file by itself. */

function sinkOf(scene: Scene, name: string) {
  const database = openForReading(scene.folder.file('state.db'))
  try {
    return database === null ? null : sinkState(database, `webhook:${name}`)
  } finally {
    database?.close()
  }
}

describe('with a daemon running', () => {
  test('what is created gets the next message, without a restart; paused it gets it later, in order', async t => {
    const receiver = await startReceiver(t)
    const scene = await startScene(t, { pushFetch: pushTransport(t) })
    const { type } = createWebhookDesk(scene.folder.path)
    const reloads = () => scene.channel(/CONFIG_RELOADED/).length
    const followed = async (line: string) => {
      const before = reloads()
      const { code, stderr } = await type(line)
      assert.equal(code, 0, stderr)
      await scene.until(line, () => reloads() > before)
    }
    const texts = () => receiver.requests.map(({ json }) => (json['data'] as { message?: string }).message)

    await followed(`create a --url ${receiver.url} --events message.received`)
    await scene.until('the sink', () => sinkOf(scene, 'a') !== null)
    scene.relay.send(chat(ALICE, 'one'))
    await scene.until('the first push', () => texts().length === 1)

    await followed('pause a')
    for (const content of ['two', 'three']) scene.relay.send(chat(ALICE, content))
    await scene.until('both to be queued', () => sinkOf(scene, 'a')?.waiting === 2)
    assert.deepEqual(texts(), ['one'])

    await followed('resume a')
    await scene.until('the rest', () => texts().length === 3)
    assert.deepEqual(texts(), ['one', 'two', 'three'])
  })

  test('edits that come together are all made, before anybody is registered too', async t => {
    const scene = await startScene(t, { config: null })
    const { type, section } = createWebhookDesk(scene.folder.path)
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const made = await Promise.all(names.map(name => type(`create ${name} --url https://log.example.org/${name}`)))
    assert.deepEqual(
      made.map(one => one.code),
      names.map(() => 0),
    )
    assert.deepEqual(Object.keys(section().outbound ?? {}).sort(), names)
    await scene.until('all to be followed', () => names.every(name => sinkOf(scene, name) !== null))
  })
})
