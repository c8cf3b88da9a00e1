import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../../scripts/core/clock.ts'
import type { RelayEvent } from '../../../scripts/embedded/relay/events.ts'
import type { Message } from '../../../scripts/embedded/relay/messages.ts'
import { createStreamHub } from '../../../scripts/embedded/relay/stream-hub.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { listen } from '../../support/listen.ts'
import { type Connection, open, parseReply, request } from './raw-http.ts'
import { unchunked } from './test-relay.ts'

const timeout = 20_000

/** Far more than the kernel takes for a client that does not read, and than the hub keeps for it. */
const MESSAGE_BYTES = 256 * 1024
const MESSAGES = 80

/** A server that knows nothing but one user's streams. */
async function bareHub(t: TestContext) {
  const returned: Message[] = []
  const events: RelayEvent[] = []
  let notify = () => {}
  const changed = () => notify()
  const hub = createStreamHub({
    clock: createFakeClock(),
    observe(event) {
      events.push(event)
      changed()
    },
    putBack(message) {
      returned.push(message)
      changed()
    },
  })
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    hub.open({ userId: 1, response, greeting: 'event: log\ndata: hello\n\n' })
  })
  const port = await listen(t, server)
  const until = (condition: () => boolean) =>
    new Promise<void>(resolve => {
      notify = () => {
        if (condition()) resolve()
      }
      notify()
    })
  const connect = async (): Promise<Connection> => {
    const before = events.length
    const connection = open(port)
    connection.socket.write(request('GET /stream'))
    await until(() => events.slice(before).some(({ kind }) => kind === 'connected'))
    return connection
  }
  return { hub, returned, events, until, connect }
}

function message(index: number): Message {
  const content = `<${index}>${'x'.repeat(MESSAGE_BYTES)}`
  return { toId: 1, kind: 'chat', from: { id: 2, name: 'bob', description: null }, content, attachment: null, at: 0 }
}

const ascending = (a: number, b: number) => a - b
const numberOf = ({ content }: Message) => Number(/<(\d+)>/.exec(content)?.[1])
const numbers = (text: string) => [...text.matchAll(/内容：<(\d+)>x+\n\n/g)].map(([, index]) => Number(index))
const allNumbers = Array.from({ length: MESSAGES }, (_, index) => index)

function readNumbers(connection: Connection): number[] {
  return numbers(unchunked(parseReply(connection.received())?.body ?? Buffer.alloc(0)).toString('utf8'))
}

test('a client that does not read is dropped, and each message is either with it or back', { timeout }, async t => {
  const { hub, returned, until, connect, events } = await bareHub(t)
  const connection = await connect()
  connection.socket.pause()
  for (const index of allNumbers) {
    // As it is in the relay: what comes when the stream is gone is stored at once.
    if (hub.isOnline(1)) hub.push(message(index))
    else returned.push(message(index))
    await new Promise<void>(resolve => systemClock.afterTurn(resolve))
  }
  await until(() => !hub.isOnline(1))
  connection.socket.resume()
  await connection.ended
  const got = readNumbers(connection)
  const back = returned.map(numberOf).sort(ascending)
  assert.deepEqual([...got, ...back], allNumbers)
  assert.ok(got.length > 0 && back.length > 0)
  const pushed = events.flatMap(event => (event.kind === 'pushed' ? numbers(`${event.payload}\n\n`) : []))
  assert.deepEqual(pushed, got)
})

test('a message that follows the one that was too much for the last stream is not lost', { timeout }, async t => {
  const { hub, returned, events, until, connect } = await bareHub(t)
  const connection = await connect()
  connection.socket.pause()
  for (const index of allNumbers) hub.push(message(index))
  const pushed = () => events.flatMap(event => (event.kind === 'pushed' ? numbers(`${event.payload}\n\n`) : []))
  await until(() => pushed().length + returned.length === MESSAGES)
  assert.deepEqual([...pushed(), ...returned.map(numberOf)].sort(ascending), allNumbers)
  assert.ok(returned.length > MESSAGES / 2)
  connection.close()
})

test('a client that half-closes without reading is gone at once, with nothing lost', { timeout }, async t => {
  const { hub, returned, events, until, connect } = await bareHub(t)
  const connection = await connect()
  connection.socket.pause()
  const pushed = () => events.flatMap(event => (event.kind === 'pushed' ? numbers(`${event.payload}\n\n`) : []))
  let count = 0
  // Until the kernel takes no more, and four messages wait.
  while (count - pushed().length < 4) {
    hub.push(message(count))
    count += 1
    for (let turn = 0; turn < 10; turn += 1) await new Promise<void>(resolve => systemClock.afterTurn(resolve))
  }
  connection.socket.end()
  await until(() => !hub.isOnline(1) && pushed().length + returned.length === count)
  assert.deepEqual([...pushed(), ...returned.map(numberOf).sort(ascending)], allNumbers.slice(0, count))
  connection.close()
})

test('what one stream did not take is not stored when another one took it', { timeout }, async t => {
  const { hub, returned, until, connect, events } = await bareHub(t)
  const idle = await connect()
  idle.socket.pause()
  const reading = await connect()
  const disconnects = () => events.filter(({ kind }) => kind === 'disconnected').length
  for (const index of allNumbers) {
    hub.push(message(index))
    await reading.until(bytes => (bytes.subarray(-20).includes('x\n\n') && numbersIn(bytes, index) ? true : null))
  }
  await until(() => disconnects() === 1)
  idle.close()
  assert.deepEqual(readNumbers(reading), allNumbers)
  assert.deepEqual(returned.map(numberOf), [])
  reading.close()
  await until(() => disconnects() === 2)
})

/** Whether message `index` is the last one in there. */
function numbersIn(bytes: Buffer, index: number): boolean {
  return bytes.subarray(-MESSAGE_BYTES - 200).includes(`内容：<${index}>`)
}

test('a slow client that reads gets everything, in order', { timeout }, async t => {
  const { hub, connect, returned } = await bareHub(t)
  const connection = await connect()
  const wanted = allNumbers.slice(0, 12)
  connection.socket.pause()
  for (const index of wanted) hub.push(message(index))
  connection.socket.resume()
  await connection.until(bytes =>
    numbersIn(bytes, wanted.length - 1) && bytes.subarray(-20).includes('x\n\n') ? true : null,
  )
  assert.deepEqual(readNumbers(connection), wanted)
  assert.deepEqual(returned.map(numberOf), [])
  connection.close()
})
