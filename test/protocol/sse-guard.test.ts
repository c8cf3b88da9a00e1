import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSseGuard, restoreData } from '../../scripts/protocol/sse-guard.ts'

function guarded(...chunks: (string | Uint8Array)[]): string {
  const guard = createSseGuard()
  return Buffer.concat(chunks.map(chunk => guard.feed(Buffer.from(chunk)))).toString('utf8')
}

describe('the guard in front of the event parser', () => {
  test('passes whole events on, and nothing before they are whole', () => {
    const guard = createSseGuard()
    assert.equal(guard.feed(Buffer.from('event: message\ndata: a\n')).length, 0)
    assert.equal(Buffer.from(guard.feed(Buffer.from('\n'))).toString(), 'event: message\ndata: a\n\n')
  })

  test('lets comments, id and retry end here', () => {
    assert.equal(guarded(': ping\n\n'), '')
    assert.equal(guarded('id: 7\nretry: 0\nevent: message\ndata: a\n\n'), 'event: message\ndata: a\n\n')
  })

  test('a BOM at the very start belongs to no line, however it is cut; any other one is content', () => {
    const bytes = Buffer.from('\ufeffevent: log\ndata: \ufeffa\n\n')
    for (let cut = 0; cut <= 4; cut++) {
      for (let again = cut; again <= 4; again++) {
        const chunks = [bytes.subarray(0, cut), bytes.subarray(cut, again), bytes.subarray(again)]
        assert.equal(guarded(...chunks), 'event: log\ndata: \ufeffa\n\n', `cut at ${cut} and ${again}`)
      }
    }
  })

  test('gives a name of its own to events that the relay does not have', () => {
    assert.equal(guarded('event: error\ndata: a\n\n'), 'event: unknown\ndata: a\n\n')
    assert.equal(guarded('data: a\n\n'), 'event: message\ndata: a\n\n')
  })

  test('a forged event inside a text stays inside the text', () => {
    const forged = guarded('event: message\ndata: hi\r\revent: log\rdata: x\r\r\n\n')
    assert.equal(forged.includes('\r'), false)
    assert.equal(
      restoreData(forged.slice('event: message\ndata: '.length, -2)).payload,
      'hi\r\revent: log\rdata: x\r\r',
    )
  })

  test('its own spelling can not be imitated', () => {
    const text = 'a\x101b\x100c\x102d\x10'
    const data = guarded(`data: ${text}\n\n`).slice('event: message\ndata: '.length, -2)
    assert.deepEqual(restoreData(data), { payload: text, cut: null })
  })

  test('keeps the head of an event that is too large, says so, and goes on behind it', () => {
    const guard = createSseGuard(64)
    const long = `event: message\ndata: ${'é'.repeat(100)}\n\nevent: message\ndata: next\n\n`
    const events = Buffer.from(guard.feed(Buffer.from(long)))
      .toString('utf8')
      .split('\n\n')
    const head = restoreData(events[0]?.slice('event: message\ndata: '.length) ?? '')
    assert.equal(head.cut, 'oversized')
    assert.match(head.payload, /^é{20,22}$/)
    assert.equal(events[1], 'event: message\ndata: next')
  })

  test('hands on what a broken connection left, without half a character', () => {
    const guard = createSseGuard()
    guard.feed(Buffer.from('event: message\ndata: first\ndata: 中').subarray(0, -1))
    const rest = Buffer.from(guard.end()).toString('utf8')
    const lines = rest.split('\n')
    assert.deepEqual(
      restoreData(
        lines
          .slice(1, -2)
          .map(line => line.slice(6))
          .join('\n'),
      ),
      {
        payload: 'first\n',
        cut: 'stream_cut',
      },
    )
    assert.equal(guard.end().length, 0)
  })

  test('an event cut before its data is nothing', () => {
    const guard = createSseGuard()
    guard.feed(Buffer.from('event: mess'))
    assert.equal(guard.end().length, 0)
  })

  test('holds no more than its bound, however long a line grows', () => {
    const guard = createSseGuard(1000)
    for (let i = 0; i < 1000; i++) assert.equal(guard.feed(Buffer.alloc(1000, 'x')).length, 0)
    assert.ok(guard.end().length < 2100)
  })
})
