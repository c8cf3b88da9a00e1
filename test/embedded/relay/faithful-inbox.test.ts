import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inboxContents, kinds, lostContents, stuckRequests, untilWaiting } from './faithful-relay.ts'
import { open, request } from './raw-http.ts'
import { send, startHousehold } from './test-relay.ts'

const timeout = 20_000

for (const earlyDeletion of [true, false]) {
  test(`a reply that is cut ${earlyDeletion ? 'loses its rows' : 'loses nothing with the fault off'}`, {
    timeout,
  }, async t => {
    const home = await startHousehold(t, { faults: { earlyDeletion } })
    await send(home.port, home.alice, home.bob, 'one')
    await send(home.port, home.alice, home.bob, 'two')
    const stuck = await stuckRequests(home, ['GET /messages?limit=1'])
    await untilWaiting(home, 1)
    stuck.close()
    if (earlyDeletion) await home.until(() => lostContents(home).length > 0)
    else await untilWaiting(home, 2)
    assert.deepEqual(lostContents(home), earlyDeletion ? ['one'] : [])
    assert.deepEqual(await inboxContents(home), earlyDeletion ? ['two'] : ['one', 'two'])
  })

  test(`a hang-up together with the request ${earlyDeletion ? 'loses the rows' : 'loses nothing with the fault off'}`, {
    timeout,
  }, async t => {
    const home = await startHousehold(t, { faults: { earlyDeletion } })
    await send(home.port, home.alice, home.bob, 'one')
    const connection = open(home.port)
    await new Promise(resolve => connection.socket.once('connect', resolve))
    const requests = kinds(home, 'request').length
    connection.socket.write(request('GET /messages', { 'x-token': home.bob.token }))
    connection.close()
    await home.until(() => kinds(home, 'request').length > requests)
    if (earlyDeletion) await home.until(() => lostContents(home).length > 0)
    assert.deepEqual(lostContents(home), earlyDeletion ? ['one'] : [])
    assert.deepEqual(await inboxContents(home), earlyDeletion ? [] : ['one'])
  })
}

test('a reply that is read is no loss, and nothing is left of it', { timeout }, async t => {
  const home = await startHousehold(t, { faults: { earlyDeletion: true, sharedRows: true } })
  await send(home.port, home.alice, home.bob, 'one')
  assert.deepEqual(await inboxContents(home), ['one'])
  assert.deepEqual(await inboxContents(home), [])
  assert.deepEqual(lostContents(home), [])
  assert.deepEqual(
    kinds(home, 'drained')
      .slice(-2)
      .map(({ payloads }) => payloads.length),
    [1, 0],
  )
})

for (const sharedRows of [true, false]) {
  for (const earlyDeletion of [true, false]) {
    const name = `${sharedRows ? 'return the same rows' : 'share nothing with the fault off'}`
    test(`two reads at once ${name}, ${earlyDeletion ? 'deleted early' : 'deleted late'}`, { timeout }, async t => {
      const home = await startHousehold(t, { faults: { sharedRows, earlyDeletion } })
      await send(home.port, home.alice, home.bob, 'one')
      const connection = open(home.port)
      // In one packet: the relay gets both in one turn.
      const read = request('GET /messages', { 'x-token': home.bob.token })
      connection.socket.write(Buffer.concat([read, read]))
      const count = (text: string, part: RegExp) => [...text.matchAll(part)].length
      const both = await connection.until(bytes => {
        const text = bytes.toString('utf8')
        return count(text, /═{40}$|═{40}HTTP|收件箱为空/g) === 2 ? text : null
      })
      assert.equal(count(both, /内容：one\n/g), sharedRows ? 2 : 1)
      assert.equal(count(both, /收件箱为空/g), sharedRows ? 0 : 1)
      assert.deepEqual(await inboxContents(home), [])
      assert.deepEqual(lostContents(home), [])
      connection.close()
    })
  }
}

test('a row that two cut replies carried is lost once', { timeout }, async t => {
  const home = await startHousehold(t, { faults: { sharedRows: true, earlyDeletion: true } })
  await send(home.port, home.alice, home.bob, 'one')
  const stuck = await stuckRequests(home, ['GET /messages', 'GET /messages'])
  await untilWaiting(home, 0)
  stuck.close()
  await home.until(() => lostContents(home).length > 0)
  assert.deepEqual(await inboxContents(home), [])
  assert.deepEqual(lostContents(home), ['one'])
})
