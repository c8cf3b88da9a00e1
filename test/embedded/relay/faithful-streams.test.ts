import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { faultyStreams } from '../../../scripts/embedded/relay/faults/stream-faults.ts'
import { noFaults } from '../../../scripts/embedded/relay/faults.ts'
import type { Message } from '../../../scripts/embedded/relay/messages.ts'
import { createStreamHub } from '../../../scripts/embedded/relay/stream-hub.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { listen } from '../../support/listen.ts'
import {
  hangUp,
  inboxContents,
  kinds,
  lostContents,
  openFaithfully,
  registerStream,
  stuckRequests,
  untilText,
} from './faithful-relay.ts'
import { open, parseReply, request } from './raw-http.ts'
import { call, send, startHousehold, unchunked } from './test-relay.ts'

const timeout = 20_000

for (const deadRegistrations of [true, false]) {
  const title = deadRegistrations ? 'leaves a dead registration' : 'leaves nothing when the fault is off'

  test(`a hang-up between registration and head ${title}`, { timeout }, async t => {
    const home = await startHousehold(t, { faults: { deadRegistrations } })
    await hangUp(home, await registerStream(home))
    await send(home.port, home.alice, home.bob, 'hello?')
    assert.equal(kinds(home, 'dead').length, deadRegistrations ? 1 : 0)
    assert.deepEqual(lostContents(home), deadRegistrations ? ['hello?'] : [])
    assert.deepEqual(await inboxContents(home), deadRegistrations ? [] : ['hello?'])
  })

  test(`a hang-up at the moment of an event ${title}`, { timeout }, async t => {
    const home = await startHousehold(t, { faults: { deadRegistrations } })
    const stream = await openFaithfully(home)
    await send(home.port, home.alice, home.bob, 'pushed')
    await untilText(stream, '内容：pushed\n\n')
    // The clock stands still: the event has just been written.
    await hangUp(home, stream)
    await send(home.port, home.alice, home.bob, 'next')
    assert.deepEqual(lostContents(home), deadRegistrations ? ['next'] : [])
    assert.deepEqual(await inboxContents(home), deadRegistrations ? [] : ['next'])
  })
}

test('a hang-up a millisecond after an event, or long after the head, leaves nothing', { timeout }, async t => {
  const home = await startHousehold(t, { faults: { deadRegistrations: true } })
  const stream = await openFaithfully(home)
  await send(home.port, home.alice, home.bob, 'pushed')
  await untilText(stream, '内容：pushed\n\n')
  home.clock.advance(1)
  await hangUp(home, stream)
  await hangUp(home, await openFaithfully(home))
  await send(home.port, home.alice, home.bob, 'stored')
  assert.deepEqual(kinds(home, 'dead'), [])
  assert.deepEqual(await inboxContents(home), ['stored'])
})

test('a dead registration is collected after the given number of requests', { timeout }, async t => {
  const home = await startHousehold(t, { faults: { deadRegistrations: true }, collectAfterRequests: 3 })
  await hangUp(home, await registerStream(home))
  for (const content of ['one', 'two', 'three']) await send(home.port, home.alice, home.bob, content)
  assert.deepEqual(kinds(home, 'collected'), [])
  await send(home.port, home.alice, home.bob, 'four')
  assert.deepEqual(kinds(home, 'collected'), [{ kind: 'collected', userId: home.bob.id, connection: 1 }])
  assert.deepEqual(lostContents(home), ['one', 'two', 'three'])
  assert.deepEqual(await inboxContents(home), ['four'])
})

test('it takes forty requests if nothing else is said, whatever they are', { timeout }, async t => {
  const home = await startHousehold(t, { faults: { deadRegistrations: true } })
  await hangUp(home, await registerStream(home))
  for (let count = 0; count < 40; count += 1) await call(home.port, 'GET /health')
  assert.deepEqual(kinds(home, 'collected'), [])
  await call(home.port, 'GET /health')
  assert.equal(kinds(home, 'collected').length, 1)
})

test('beside a dead registration a live stream gets everything, and nothing is lost', { timeout }, async t => {
  const home = await startHousehold(t, { faults: { deadRegistrations: true } })
  await hangUp(home, await registerStream(home))
  const stream = await openFaithfully(home)
  await send(home.port, home.alice, home.bob, 'hello')
  await untilText(stream, '内容：hello\n\n')
  assert.deepEqual(lostContents(home), [])
  stream.close()
})

for (const lossyClose of [true, false]) {
  test(`what a client had not taken when it hung up is ${lossyClose ? 'lost' : 'stored with the fault off'}`, {
    timeout,
  }, async t => {
    const home = await startHousehold(t, { faults: { lossyClose } })
    const connection = await stuckRequests(home, ['GET /stream'])
    const settled = () => lostContents(home).length + kinds(home, 'stored').length
    const before = settled()
    await home.until(() => kinds(home, 'connected').length === 1)
    for (const content of ['one', 'two', 'three']) await send(home.port, home.alice, home.bob, content)
    assert.deepEqual(kinds(home, 'pushed'), [])
    await hangUp(home, connection)
    await home.until(() => settled() === before + 3)
    home.clock.advance(2)
    assert.deepEqual(lostContents(home).sort(), lossyClose ? ['one', 'three', 'two'] : [])
    assert.deepEqual((await inboxContents(home)).sort(), lossyClose ? [] : ['one', 'three', 'two'])
  })

  test(`what is sent within two milliseconds of a hang-up is ${lossyClose ? 'lost' : 'stored with the fault off'}`, {
    timeout,
  }, async t => {
    const home = await startHousehold(t, { faults: { lossyClose } })
    await hangUp(home, await openFaithfully(home))
    await send(home.port, home.alice, home.bob, 'at once')
    home.clock.advance(2)
    await send(home.port, home.alice, home.bob, 'later')
    assert.deepEqual(lostContents(home), lossyClose ? ['at once'] : [])
    assert.deepEqual(await inboxContents(home), lossyClose ? ['later'] : ['at once', 'later'])
  })
}

/** 20 MB: far more than the kernel takes for a client that does not read, and than a kind hub keeps for it. */
const MESSAGE_BYTES = 256 * 1024
const MESSAGES = 80

for (const unboundedQueues of [true, false]) {
  test(`a client that does not read for 20 MB ${unboundedQueues ? 'gets it all later' : 'is dropped with the fault off'}`, {
    timeout,
  }, async t => {
    const clock = createFakeClock()
    const returned: Message[] = []
    const hub = createStreamHub({
      clock,
      observe() {},
      putBack: message => returned.push(message),
      policy: faultyStreams({ ...noFaults, unboundedQueues }, { clock, dead: null }),
    })
    const server = createServer((_request, response) => {
      response.writeHead(200)
      hub.open({ userId: 1, response, greeting: 'hello\n' })
    })
    const connection = open(await listen(t, server))
    connection.socket.write(request('GET /stream'))
    await connection.until(bytes => (bytes.includes('hello\n') ? true : null))
    connection.socket.pause()
    for (let index = 0; index < MESSAGES; index += 1) {
      const content = `<${index}>${'x'.repeat(MESSAGE_BYTES)}`
      hub.push({ toId: 1, kind: 'notice', from: null, content, attachment: null, at: 0 })
    }
    assert.equal(hub.isOnline(1), unboundedQueues)
    connection.socket.resume()
    if (unboundedQueues) {
      await connection.until(bytes =>
        bytes.subarray(-MESSAGE_BYTES - 200).includes(`<${MESSAGES - 1}>`) ? true : null,
      )
    } else {
      await connection.ended
    }
    const text = unchunked(parseReply(connection.received())?.body ?? Buffer.alloc(0)).toString('latin1')
    const got = [...text.matchAll(/<(\d+)>x/g)].map(([, index]) => Number(index))
    assert.deepEqual(
      got,
      Array.from({ length: got.length }, (_, index) => index),
    )
    assert.equal(got.length + returned.length >= MESSAGES - 1, true)
    assert.equal(returned.length === 0, unboundedQueues)
    connection.close()
  })
}
