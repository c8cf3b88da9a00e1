import assert from 'node:assert/strict'
import { createSseGuard, MAX_EVENT_BYTES, restoreData } from '../../../scripts/protocol/sse-guard.ts'
import { escapeText } from '../../../scripts/protocol/visible-escape.ts'

/** A program, to be run with a small heap: a few megabytes that take a hundred of them when each byte costs an object. */

const MIB = 1024 * 1024
const START = 'event: message\ndata: '

function oneByteChunks(): void {
  const guard = createSseGuard()
  const byte = Buffer.from('x')
  guard.feed(Buffer.from('data: '))
  for (let i = 0; i < MAX_EVENT_BYTES; i++) guard.feed(byte)
  const event = Buffer.from(guard.feed(Buffer.from('\n\n'))).toString()
  assert.equal(restoreData(event.slice(START.length, -2)).cut, 'oversized')
}

function nothingToSpell(): void {
  const text = '\r\x10'.repeat(2 * MIB)
  const event = Buffer.from(createSseGuard(5 * MIB).feed(Buffer.from(`data: ${text}\n\n`))).toString()
  assert.equal(restoreData(event.slice(START.length, -2)).payload.length, text.length)
}

function nothingToShow(): void {
  assert.equal(escapeText('\r'.repeat(4 * MIB)).length, 8 * MIB)
}

const work = { oneByteChunks, nothingToSpell, nothingToShow }[process.argv[2] ?? '']
assert.ok(work)
work()
