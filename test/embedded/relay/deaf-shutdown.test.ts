import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { StorageError } from '../../../scripts/core/errors.ts'
import { blockText } from '../../../scripts/embedded/relay/block-text.ts'
import { compose } from '../../../scripts/embedded/relay/compose.ts'
import type { Message } from '../../../scripts/embedded/relay/messages.ts'
import type { RelayEvent } from '../../../scripts/embedded/relay/server.ts'
import { startProgram } from '../../support/child.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { kinds, openFaithfully, stuckRequests } from './faithful-relay.ts'
import { open, request } from './raw-http.ts'
import {
  befriend,
  call,
  closeStream,
  openStream,
  readInbox,
  register,
  send,
  startHousehold,
  startTestRelay,
} from './test-relay.ts'

const timeout = 60_000

const databaseFile = () => join(temporaryFolder(), 'relay.db')

test('after SIGTERM the streams stay with their pings, and the next process stores everything', {
  timeout,
}, async t => {
  const databasePath = databaseFile()
  const home = await startHousehold(t, { databasePath, faults: { deafShutdown: true } })
  const stream = await openStream(home.port, home.bob.token)
  await assert.rejects(startTestRelay({ databasePath }), StorageError)
  await home.relay.terminate()

  const next = await startTestRelay({ databasePath, port: home.port })
  t.after(() => next.relay.close())
  await send(home.port, home.alice, home.bob, 'unheard')
  home.clock.advance(30_000)
  await stream.untilText(': ping\n\n')
  home.clock.advance(30_000)
  await stream.untilText(': ping\n\n: ping\n\n')
  assert.doesNotMatch(stream.text(), /unheard/)
  assert.match(await readInbox(home.port, home.bob), /内容：unheard\n/)
  await closeStream(home, stream)
  await home.relay.ended
})

test('with the fault off SIGTERM ends the streams', { timeout }, async t => {
  const databasePath = databaseFile()
  const home = await startHousehold(t, { databasePath })
  const stream = await openStream(home.port, home.bob.token)
  await home.relay.terminate()
  await stream.connection.ended
  await home.relay.ended
  const next = await startTestRelay({ databasePath, port: home.port })
  await next.relay.close()
})

test('what a stream gives back is lost when the database is with another process', () => {
  const events: RelayEvent[] = []
  const { relay, closeDatabase } = compose({ observe: event => events.push(event) })
  const message: Message = { toId: 1, kind: 'notice', from: null, content: 'hi', attachment: null, at: 0 }
  closeDatabase()
  relay.hub.push(message)
  assert.deepEqual(events, [{ kind: 'lost', userId: 1, payload: blockText(message) }])
})

test('a reply that is being written, and its rows, are waited for', { timeout }, async t => {
  const home = await startHousehold(t, { faults: { deafShutdown: true } })
  await send(home.port, home.alice, home.bob, 'one')
  const connection = await stuckRequests(home, ['GET /messages'])
  const ending = home.relay.terminate()
  connection.socket.resume()
  await connection.until(bytes => (bytes.subarray(-1000).includes('内容：one') ? true : null))
  await ending
  assert.equal(kinds(home, 'drained').at(-1)?.payloads.length, 1)
  connection.close()
})

test('a request on a connection from before gets no answer, and a second end is the real one', { timeout }, async t => {
  const home = await startHousehold(t, { faults: { deafShutdown: true } })
  const stream = await openFaithfully(home)
  const kept = open(home.port)
  kept.socket.write(request('GET /health'))
  await kept.until(bytes => (bytes.includes('"ok"') ? true : null))
  const requests = kinds(home, 'request').length
  await home.relay.terminate()
  await kept.ended
  await assert.rejects(call(home.port, 'GET /health'))
  assert.equal(kinds(home, 'request').length, requests)
  await home.relay.close()
  await stream.ended
  await home.relay.ended
})

test('the command keeps its streams at the first signal and ends at the second', { timeout }, async t => {
  const database = databaseFile()
  const child = startProgram(['relay', '--port', '0', '--db', database, '--faithful', '--no-rate-limit'])
  const port = await waitFor('the address', () => Number(/127\.0\.0\.1:(\d+)/.exec(child.stdout())?.[1] ?? 0) || false)
  await waitFor('the warning', () => child.stderr().includes('8 faults'))
  const [alice, bob] = [await register(port, { name: 'alice' }), await register(port, { name: 'bob' })]
  await befriend(port, alice, bob)
  const stream = await openStream(port, bob.token)
  child.kill('SIGTERM')
  await waitFor('the listener to be closed', () => child.stderr().includes('Nothing listens any more'))

  const next = await startTestRelay({ databasePath: database, port })
  t.after(() => next.relay.close())
  await send(port, alice, bob, 'unheard')
  assert.match(await readInbox(port, bob), /内容：unheard\n/)
  assert.doesNotMatch(stream.text(), /unheard/)
  assert.equal(child.process.exitCode, null)
  await waitFor('the second signal to count', () => {
    child.kill('SIGTERM')
    return child.process.exitCode !== null || child.process.signalCode !== null
  })
  assert.equal(await child.ended, 143)
  await stream.connection.ended
})
