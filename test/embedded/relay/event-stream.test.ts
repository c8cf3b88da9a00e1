import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { EventStream } from '../../../scripts/embedded/relay/event-stream.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

type Written = (error?: Error) => void

/** A response whose writes end when and how a test says. */
function stubStream() {
  const writes: { text: string; done: Written }[] = []
  const socket = Object.assign(new EventEmitter(), { destroyed: false })
  const response = Object.assign(new EventEmitter(), {
    req: { socket },
    write(text: string, done: Written) {
      writes.push({ text, done })
    },
    destroy() {},
  })
  const clock: FakeClock = createFakeClock()
  const log: string[] = []
  const stream = new EventStream({
    response: response as unknown as ServerResponse,
    clock,
    onEnd: () => log.push('end'),
  })
  const push = (payload: string) =>
    stream.push({ payload, sent: () => log.push(`sent ${payload}`), lost: () => log.push(`lost ${payload}`) })
  return { stream, writes, clock, log, push, socket }
}

test('events are written one at a time, each as one chunk', () => {
  const { stream, writes, push, log } = stubStream()
  stream.open('hello')
  push('a\nb')
  push('c')
  assert.deepEqual(
    writes.map(({ text }) => text),
    ['hello'],
  )
  writes[0]?.done()
  assert.equal(writes[1]?.text, 'event: message\ndata: a\ndata: b\n\n')
  assert.equal(writes.length, 2)
  writes[1]?.done()
  assert.equal(writes[2]?.text, 'event: message\ndata: c\n\n')
  assert.deepEqual(log, ['sent a\nb'])
})

test('a socket that was reset and has not said so yet takes nothing: the event is given back', () => {
  const { stream, writes, push, log, socket } = stubStream()
  stream.open('hello')
  writes[0]?.done()
  push('a')
  push('b')
  writes[1]?.done()
  socket.destroyed = true
  writes[2]?.done()
  push('c')
  assert.deepEqual(log, ['sent a', 'sent b', 'lost c', 'end'])
  assert.equal(writes.length, 3)
})

test('what is being written when the stream ends is lost only if its write fails', () => {
  for (const error of [undefined, new Error('reset')]) {
    const { stream, writes, push, log } = stubStream()
    stream.open('hello')
    writes[0]?.done()
    push('a')
    push('b')
    stream.end()
    assert.deepEqual(log, ['lost b', 'end'])
    writes[1]?.done(error)
    assert.deepEqual(log, ['lost b', 'end', error === undefined ? 'sent a' : 'lost a'])
  }
})

test('a write that fails ends the stream, and what comes after the end is lost at once', () => {
  const { stream, writes, push, log, clock } = stubStream()
  stream.open('hello')
  writes[0]?.done()
  push('a')
  writes[1]?.done(new Error('broken pipe'))
  push('b')
  stream.end()
  assert.deepEqual(log, ['lost a', 'end', 'lost b'])
  assert.equal(clock.pending(), 0)
})

test('there is no ping while something is still being written', () => {
  const { stream, writes, clock, push } = stubStream()
  stream.open('hello')
  writes[0]?.done()
  push('a')
  clock.advance(100_000)
  assert.equal(writes.length, 2)
  writes[1]?.done()
  clock.advance(30_000)
  assert.equal(writes[2]?.text, ': ping\n\n')
})
