import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { signBody } from '../../../scripts/protocol/webhook/signatures.ts'
import { BOB, chat } from '../../support/blocks.ts'
import { pushTransport } from '../../support/push-transport.ts'
import { startReceiver } from '../../support/receiver.ts'
import { startScene } from '../../support/test-daemon.ts'

const SECRET = 'webhook-signing-secret'

describe('a message that was received', () => {
  test('reaches a webhook, signed, once the files show it', async t => {
    const receiver = await startReceiver(t)
    const scene = await startScene(t, {
      pushFetch: pushTransport(t),
      config: { webhooks: { outbound: { ops: { url: receiver.url, events: ['message.received'], secret: SECRET } } } },
    })
    await scene.until('the stream', () => scene.relay.streams.length === 1)
    scene.relay.send(chat(BOB, '你好'))
    await scene.until('a push', () => receiver.requests.length === 1)

    assert.equal(scene.records().length, 1)
    const [push] = receiver.requests
    const { event, data } = push?.json ?? {}
    assert.equal(event, 'message.received')
    const { channel, user, message, sessionId, seq, direction, type } = data as Record<string, unknown>
    assert.deepEqual(
      { channel, user, message, sessionId, seq, direction, type },
      { channel: 'relay', user: '#2', message: '你好', sessionId: 'peer:2', seq: 1, direction: 'in', type: 'chat' },
    )
    assert.equal(push?.headers['x-webhook-signature'], signBody(SECRET, push?.body ?? Buffer.alloc(0)))
    assert.equal(push?.headers['x-webhook-id'], (data as Record<string, unknown>)['id'])
  })
})
