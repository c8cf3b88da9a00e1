import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { answer } from '../../../scripts/embedded/relay/dispatch.ts'
import type { RelayEvent } from '../../../scripts/embedded/relay/events.ts'
import type { StoredMessage } from '../../../scripts/embedded/relay/inbox-store.ts'
import type { Relay } from '../../../scripts/embedded/relay/relay.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { listen } from '../../support/listen.ts'
import { bodyOf, call } from './test-relay.ts'

const timeout = 20_000

const diskFull = (): never => {
  throw new Error('disk full')
}

const alice = { id: 1, name: 'alice', description: null, status: 'open', registeredAt: 0, lastActiveAt: 0 } as const

/** A relay whose storage does what a test says; everything else is the real thing. */
async function serve(t: TestContext, storage: { users?: object; inbox?: object }) {
  const events: RelayEvent[] = []
  let notify = () => {}
  const users = { byToken: () => alice, touch() {}, count: () => 0, isNameTaken: () => false, ...storage.users }
  const relay = {
    clock: createFakeClock(),
    observe(event: RelayEvent) {
      events.push(event)
      notify()
    },
    users,
    inbox: storage.inbox ?? {},
    maxUsers: 10,
  } as unknown as Relay
  const server = createServer((request, response) => void answer(relay, { limiter: null, request, response }))
  const port = await listen(t, server)
  const failure = () =>
    new Promise<RelayEvent>(resolve => {
      notify = () => {
        const failed = events.find(({ kind }) => kind === 'failed')
        if (failed !== undefined) resolve(failed)
      }
      notify()
    })
  return { port, failure }
}

test('a database that fails before the endpoint is reached gives a 500', { timeout }, async t => {
  const { port, failure } = await serve(t, { users: { byToken: diskFull } })
  assert.equal(bodyOf(await call(port, 'GET /messages', { token: 'x' })), 'Internal Server Error')
  const failed = await failure()
  assert.ok(failed.kind === 'failed' && failed.where === 'GET /messages')
})

test('a registration that can not be stored has words of its own', { timeout }, async t => {
  const { port, failure } = await serve(t, { users: { add: diskFull } })
  const reply = await call(port, 'POST /register', { json: { name: 'alice' } })
  assert.equal(reply.statusLine, 'HTTP/1.1 500 Internal Server Error')
  assert.equal(bodyOf(reply), '错误 500：注册失败，请稍后重试。')
  assert.equal((await failure()).kind, 'failed')
})

test('a delete that fails after the reply is reported, the client keeps its messages', { timeout }, async t => {
  const message: StoredMessage = { id: 1, toId: 1, kind: 'chat', from: alice, content: 'hi', attachment: null, at: 0 }
  const reservation = { messages: [message], total: 1, remove: diskFull, release() {} }
  const { port, failure } = await serve(t, { inbox: { reserve: () => reservation } })
  assert.match(bodyOf(await call(port, 'GET /messages', { token: 'x' })), /内容：hi\n/)
  assert.equal((await failure()).kind, 'failed')
})
