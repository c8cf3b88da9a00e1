import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMultipartParser, type Part } from '../../../scripts/embedded/relay/multipart.ts'
import { form, formBoundary } from './raw-http.ts'

function parse(body: Buffer, cuts: readonly number[], keep: number): Part[] {
  const parser = createMultipartParser({ boundary: formBoundary, keepBytes: () => keep })
  const places = [0, ...[...cuts].sort((a, b) => a - b), body.length]
  for (let index = 1; index < places.length; index += 1) parser.write(body.subarray(places[index - 1], places[index]))
  return parser.end()
}

/** Contents that are likely to come close to a boundary. */
const content = fc
  .array(
    fc.constantFrom('\r', '\n', '-', '--', '\r\n--', formBoundary, `\r\n--${formBoundary.slice(0, -1)}`, 'x', '字'),
  )
  .map(pieces => pieces.join(''))
  .filter(text => !`\r\n${text}\r\n`.includes(`\r\n--${formBoundary}`))

test('however a form is cut into chunks, its parts are the same', () => {
  fc.assert(
    fc.property(fc.array(content, { minLength: 1, maxLength: 4 }), fc.array(fc.nat()), (contents, cuts) => {
      const body = form(contents.map((value, index) => ({ name: `${index}`, value })))
      const parts = parse(
        body,
        cuts.map(cut => cut % (body.length + 1)),
        10_000,
      )
      assert.deepEqual(
        parts.map(({ name, bytes }) => [name, bytes.toString()]),
        contents.map((value, index) => [`${index}`, value]),
      )
      for (const { size, bytes } of parts) assert.equal(size, bytes.length)
    }),
  )
})

test('of a long part only what is worth keeping is kept, and its size is known', () => {
  const body = form([{ name: 'file', fileName: 'x', value: Buffer.alloc(100_000) }])
  const [part] = parse(body, [10, 1000, 50_000], 100)
  assert.equal(part?.size, 100_000)
  assert.equal(part?.bytes.length, 101)
})

test('whatever the bytes are, the parser gives parts or says that it can not', () => {
  const piece = fc.oneof(
    content,
    fc.constantFrom(
      `--${formBoundary}\r\n`,
      `--${formBoundary}--`,
      '\r\n\r\n',
      'content-disposition: form-data; name="a"; filename="',
      '"',
      '\\',
    ),
  )
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat()), (pieces, cuts) => {
      const body = Buffer.from(pieces.join(''))
      const outcome = (places: readonly number[]) => {
        try {
          return parse(body, places, 1000).map(({ name, fileName, bytes }) => [name, fileName, bytes.toString()])
        } catch (error) {
          return error instanceof Error ? error.message : 'not an error'
        }
      }
      assert.deepEqual(outcome(cuts.map(cut => cut % (body.length + 1))), outcome([]))
    }),
  )
})
