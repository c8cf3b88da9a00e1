import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createRelayClient } from '../../scripts/adapters/relay/client.ts'
import { createPacer } from '../../scripts/adapters/relay/pacer.ts'
import { sendToRelay } from '../../scripts/adapters/relay/send.ts'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { createMultipartParser } from '../../scripts/embedded/relay/multipart.ts'
import { boundaryOf } from '../../scripts/embedded/relay/multipart-head.ts'
import { encodeMultipart, type FormField } from '../../scripts/protocol/multipart.ts'
import { readInbox, startHousehold } from '../embedded/relay/test-relay.ts'
import { relayText } from '../support/arbitraries.ts'

/** What a server makes of it: the parser of the embedded relay, given the body in pieces. */
function decode(fields: readonly FormField[], pieceBytes = 65_536) {
  const { contentType, body } = encodeMultipart(fields)
  const boundary = boundaryOf(contentType)
  assert.ok(boundary !== null)
  const parser = createMultipartParser({ boundary, keepBytes: () => Number.MAX_SAFE_INTEGER })
  const bytes = Buffer.from(body)
  for (let at = 0; at < bytes.length; at += pieceBytes) parser.write(bytes.subarray(at, at + pieceBytes))
  return parser.end()
}

/** What the fetch standard spells out; everything else arrives as it is called. */
function spelledOut(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22')
}

const NAMES = [
  'report.pdf',
  '报告 😀.txt',
  'say "hi".txt',
  'a\nb\rc\r\nd',
  '100%.txt',
  '%22%0A',
  '../../etc/passwd',
  'C:\\Users\\x.txt',
  'ends with \\',
  '\\"',
  '\\\\server\\share',
  'a; filename="other"; x=',
  "it's",
  ' blanks ',
  '\u0000\u001b[2J\u202e\u2028',
  '--form-',
]

describe('a form', () => {
  test('carries text byte for byte: no line break becomes another one', () => {
    for (const text of ['a\nb', 'a\rb', 'a\r\nb', '\r\n', '\r\n--', '--form-', '"quoted"', '😀', '\ufeff \u0000', '']) {
      const [part] = decode([['content', text]])
      assert.equal(part?.bytes.toString('utf8'), text)
      assert.deepEqual([part?.name, part?.fileName], ['content', null])
    }
  })

  for (const name of NAMES) {
    test(`tells the file’s name: ${JSON.stringify(name)}`, () => {
      const parts = decode([
        ['to_id', '2'],
        ['file', { name, bytes: Buffer.from('x') }],
      ])
      assert.deepEqual(
        parts.map(part => [part.name, part.fileName, part.bytes.toString()]),
        [
          ['to_id', null, '2'],
          ['file', spelledOut(name), 'x'],
        ],
      )
    })
  }

  test('whatever is in it, the embedded relay reads exactly that, in pieces of any size', () => {
    const file = fc.record({ name: relayText(), bytes: fc.uint8Array({ maxLength: 300 }) })
    fc.assert(
      fc.property(relayText(), file, fc.integer({ min: 1, max: 400 }), (text, { name, bytes }, pieceBytes) => {
        const parts = decode(
          [
            ['content', text],
            ['file', { name, bytes }],
            ['last', text],
          ],
          pieceBytes,
        )
        assert.deepEqual(
          parts.map(part => [part.name, part.fileName, part.bytes]),
          [
            ['content', null, Buffer.from(text)],
            ['file', spelledOut(name), Buffer.from(bytes)],
            ['last', null, Buffer.from(text)],
          ],
        )
      }),
      { numRuns: 200 },
    )
  })

  test('never ends where its content imitates the boundary of another one', () => {
    const other = encodeMultipart([['content', 'x']])
    const [part, ...more] = decode([['file', { name: 'form', bytes: other.body }]])
    assert.deepEqual(part?.bytes, Buffer.from(other.body))
    assert.equal(more.length, 0)
    assert.notEqual(boundaryOf(other.contentType), boundaryOf(encodeMultipart([]).contentType))
  })
})

test('a message with a file arrives over HTTP as it was written, but for the blanks that the relay strips', async t => {
  const { relay, port, alice, bob, clock } = await startHousehold(t)
  const transport = createTransport({ http: '', https: '', except: '' })
  t.after(() => transport.close())
  const { url: baseUrl } = relay
  const client = createRelayClient({
    baseUrl,
    token: alice.token,
    fetch: transport.fetch,
    clock,
    pacer: createPacer(clock),
  })
  const outcome = await sendToRelay(
    client,
    {
      to: { scheme: 'relay', id: bob.id },
      content: '\n one\r\ntwo\rthree "four" 😀 \t\n',
      file: { name: 'a "b" \\ c.txt', bytes: Buffer.from([0, 13, 10, 255]) },
    },
    { signal: new AbortController().signal, onInboxWaiting: () => undefined },
  )
  assert.deepEqual(outcome, { kind: 'accepted', relationship: 'accepted' })
  const inbox = await readInbox(port, bob)
  assert.ok(inbox.includes('\n内容：one\r\ntwo\rthree "four" 😀\n附件：a %22b%22 \\ c.txt\n'), inbox)
})
