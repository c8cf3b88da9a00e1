import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createParser } from 'eventsource-parser'
import { openStream } from '../../scripts/adapters/relay/stream.ts'
import { eventText } from '../../scripts/embedded/relay/block-text.ts'
import { type Cut, createSseGuard, MAX_EVENT_BYTES, restoreData } from '../../scripts/protocol/sse-guard.ts'
import { PIECES } from '../support/arbitraries.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { alwaysAnswer, chunkedAnswer } from '../support/fake-fetch.ts'
import { scale } from '../support/scale.ts'
import { campaign, type SeededRandom } from '../support/seeded-random.ts'

/**
 * A stream of many events, cut into chunks anywhere: what comes out is what was sent, byte for byte (RC §6). One split is
 * one random chunking of a stream of three events or more.
 */

const SPLITS = scale({ short: 20_000, full: 1_000_000 })
const SPLITS_PER_STREAM = 20
/** Every so many streams one split goes through the whole connection, fetch and EventSource included. */
const STREAMS_PER_CONNECTION = 5

const LOG = 'stream_connected request_id=1 user_id=2 ip=127.0.0.1 ts=2026-03-09T10:00:00Z'
const PING = ': ping\n\n'

/** What a reader of streams could stumble over, beside the pieces that files could. */
const STREAM_PIECES = [
  ...PIECES, '\x10', '\x100', '\x101', '\x102', '\x103', '\n\n', '\n\n\n', '\ndata: x\n', ': ping\n\n', 'retry: 0\n', 'id: 1\n', '\r\n\r\n',
  'event: log\ndata: stream_connected request_id=1 user_id=1 ip=1 ts=1\n\n', '\r\revent: message\rdata: forged\r\r', 'data:', 'data: ', 'event:',
] // biome-ignore format: a table of pieces

interface SentEvent {
  readonly name: 'log' | 'message'
  readonly payload: string
  /** Its bytes within the stream, with the empty line. */
  readonly start: number
  readonly end: number
}

interface SentStream {
  readonly bytes: Buffer
  readonly events: readonly SentEvent[]
}

interface Received {
  readonly name: string
  readonly payload: string
  /** Undefined where nobody is told: whether the relay's own line is whole matters to nobody. */
  readonly cut: Cut | null | undefined
}

function randomPayload(random: SeededRandom): string {
  let payload = ''
  for (let left = random.below(9); left > 0; left--) {
    const character = () => String.fromCodePoint(random.pick([0x80, 0x800, 0x10000, 0x20]) + random.below(0x700))
    payload += random.chance(0.7) ? random.pick(STREAM_PIECES) : character()
  }
  return random.chance(0.01) ? payload.repeat(random.between(1, 200)) : payload
}

/** As the relay writes it: lines end with LF only, pings come in between, older relays leave out the first line. */
function writeStream(payloads: readonly string[], { log, pings }: { log: boolean; pings: () => boolean }): SentStream {
  const events: SentEvent[] = []
  const parts: Buffer[] = []
  let at = 0
  function write(text: string): number {
    const part = Buffer.from(text)
    parts.push(part)
    at += part.length
    return at
  }
  if (log) events.push({ name: 'log', payload: LOG, start: 0, end: write(`event: log\ndata: ${LOG}\n\n`) })
  for (const payload of payloads) {
    if (pings()) write(PING)
    events.push({ name: 'message', payload, start: at, end: write(eventText(payload)) })
  }
  return { bytes: Buffer.concat(parts), events }
}

function randomStream(random: SeededRandom): SentStream {
  const payloads = Array.from({ length: random.between(3, 8) }, () => randomPayload(random))
  return writeStream(payloads, { log: random.chance(0.9), pings: () => random.chance(0.2) })
}

/** Inside a character, beside a line end or a spelling, inside `data: `. */
function temptingPlaces(bytes: Buffer): number[] {
  const places: number[] = []
  let sinceLineEnd = 0
  for (const [at, byte] of bytes.entries()) {
    if (sinceLineEnd < 8 || byte === 0x0d || byte === 0x0a || byte === 0x10 || (byte & 0xc0) === 0x80) places.push(at)
    sinceLineEnd = byte === 0x0a ? 0 : sinceLineEnd + 1
  }
  return places
}

function randomChunks(random: SeededRandom, bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts: number[] = []
  const anywhere = () => random.below(bytes.length + 1)
  const tempting = () => (places.length === 0 ? anywhere() : random.pick(places))
  switch (random.below(5)) {
    case 0:
      cuts.push(tempting())
      break
    case 1:
      for (let left = random.between(1, 8); left > 0; left--) cuts.push(anywhere())
      break
    case 2:
      for (let left = random.between(2, 24); left > 0; left--) cuts.push(tempting())
      break
    case 3:
      for (let at = 0; at < bytes.length; at += random.between(1, 80)) cuts.push(at)
      break
    default:
      for (let at = 1, step = random.between(1, 9); at < bytes.length; at += step) cuts.push(at)
  }
  return chunksOf(bytes, cuts)
}

function chunksOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.toSorted((a, b) => a - b), bytes.length]
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end))
}

/** A payload whose event has exactly so many bytes. */
function payloadOfEvent(random: SeededRandom, size: number): string {
  const piece = `${randomPayload(random).slice(0, 500).toWellFormed()}中\r😀\x10`
  const payload = piece.repeat(Math.floor((size - 100) / Buffer.byteLength(eventText(piece))))
  return payload + 'x'.repeat(size - Buffer.byteLength(eventText(payload)))
}

/** Guard and parser as the EventSource joins them, without the connection around them. */
function parseChunks(chunks: readonly Buffer[], bound: number): Received[] {
  const received: Received[] = []
  const guard = createSseGuard(bound)
  const decoder = new TextDecoder()
  const parser = createParser({
    onEvent: ({ event = 'message', data }) => received.push({ name: event, ...restoreData(data) }),
    onRetry: () => assert.fail('the relay sends no retry'),
    onId: () => assert.fail('the relay sends no id'),
  })
  const feed = (bytes: Uint8Array) => parser.feed(decoder.decode(bytes, { stream: true }))
  for (const chunk of chunks) {
    // As a socket may: the same memory is used for what comes next.
    const socket = Buffer.from(chunk)
    feed(guard.feed(socket))
    socket.fill('!')
  }
  feed(guard.end())
  return received
}

/** The same through `openStream`, whose connection ends or breaks behind the chunks. */
async function receiveChunks(chunks: readonly Buffer[], broken: boolean): Promise<Received[]> {
  const received: Received[] = []
  const error = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  const stream = openStream({
    url: 'http://relay.test/stream',
    token: 'secret',
    fetch: alwaysAnswer(() => chunkedAnswer(chunks, broken ? { breakWith: error } : {})),
    clock: createFakeClock(),
    onMessage: (payload, cut) => received.push({ name: 'message', payload, cut }),
    onLog: payload => received.push({ name: 'log', payload, cut: undefined }),
    onBytes: () => {},
    roomForMore: () => undefined,
  })
  assert.deepEqual(await stream.ended, { kind: 'lost', reason: broken ? 'ECONNRESET' : 'ended' })
  return received
}

/** How many bytes of the payload stand in the first bytes of its event; -1 while its first `data:` is not there. */
function payloadBytes(event: Buffer): number {
  const lines = event.toString('latin1').split('\n').slice(1)
  const data = lines.filter(line => line.startsWith('data:')).map(line => line.slice('data: '.length))
  return data.length === 0 ? -1 : data.join('\n').length
}

/** Without the torn character at the end. */
function wholeCharacters(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true })
}

/** Exactly the events that came as a whole, and of the one that did not no more than its beginning, marked. */
function assertReceived(
  received: readonly Received[],
  { bytes, events }: SentStream,
  { brokenAt, bound }: { brokenAt: number; bound: number },
): void {
  let next = 0
  for (const { name, payload, start, end } of events) {
    if (start >= brokenAt) break
    const kept = bytes.subarray(start, Math.min(end, brokenAt, start + bound))
    const whole = start + kept.length === end
    const come = whole ? 0 : payloadBytes(kept)
    if (come === -1) continue
    const found = received[next++]
    assert.equal(found?.name, name, `event ${next - 1}`)
    const mark = whole ? null : Math.min(end, brokenAt) - start > bound ? 'oversized' : 'stream_cut'
    if (found.cut !== undefined) assert.equal(found.cut, mark)
    assert.equal(found.payload, whole ? payload : wholeCharacters(Buffer.from(payload).subarray(0, come)))
  }
  assert.equal(received.length, next, 'nothing else')
}

describe('a stream in chunks', () => {
  test(`gives what was sent, at ${SPLITS} random splits`, async t => {
    let splits = 0
    let broken = 0
    let connections = 0
    let streams = 0
    await campaign(SPLITS / SPLITS_PER_STREAM, async random => {
      const stream = randomStream(random)
      const places = temptingPlaces(stream.bytes)
      const viaConnection = streams++ % STREAMS_PER_CONNECTION === 0
      for (let left = SPLITS_PER_STREAM; left > 0; left--) {
        const connected = viaConnection && left === 1
        const isBroken = random.chance(0.25)
        const brokenAt = isBroken ? random.below(stream.bytes.length) : stream.bytes.length
        const bound = connected || random.chance(0.8) ? MAX_EVENT_BYTES : random.between(100, 600)
        const chunks = randomChunks(
          random,
          stream.bytes.subarray(0, brokenAt),
          places.filter(one => one < brokenAt),
        )
        const received = connected ? await receiveChunks(chunks, isBroken) : parseChunks(chunks, bound)
        assertReceived(received, stream, { brokenAt, bound })
        splits++
        if (isBroken) broken++
        if (connected) connections++
      }
    })
    t.diagnostic(`${splits} splits, ${broken} of them broken off, ${connections} through the whole connection`)
    assert.equal(splits, SPLITS)
    assert.equal(connections, SPLITS / SPLITS_PER_STREAM / STREAMS_PER_CONNECTION)
  })

  test('keeps the beginning of an event beyond the bound, and everything behind it', async () => {
    await campaign(scale({ short: 6, full: 150 }), async random => {
      const size = MAX_EVENT_BYTES + random.pick([-1, 0, 1, random.below(64), random.below(4 * MAX_EVENT_BYTES)])
      const stream = writeStream(['first', payloadOfEvent(random, size), 'last', ''], {
        log: true,
        pings: () => random.chance(0.5),
      })
      const big = stream.events[2]
      assert.equal((big?.end ?? 0) - (big?.start ?? 0), size)
      const isBroken = random.chance(0.25)
      const brokenAt = isBroken ? random.between(big?.start ?? 0, stream.bytes.length - 1) : stream.bytes.length
      const bytes = stream.bytes.subarray(0, brokenAt)
      const edge = (big?.start ?? 0) + MAX_EVENT_BYTES
      const cuts = Array.from({ length: random.between(1, 80) }, () =>
        Math.min(brokenAt, random.chance(0.3) ? edge + random.between(-6, 6) : random.below(brokenAt + 1)),
      )
      const chunks = chunksOf(bytes, cuts)
      assertReceived(parseChunks(chunks, MAX_EVENT_BYTES), stream, { brokenAt, bound: MAX_EVENT_BYTES })
      assertReceived(await receiveChunks(chunks, isBroken), stream, { brokenAt, bound: MAX_EVENT_BYTES })
    })
  })
})
