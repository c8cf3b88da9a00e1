import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Wanted, wantedOf } from '../../../scripts/server/ui/ranges.ts'
import { startSite } from './site.ts'

const ETAG = '"1-10-1000"'

function bytesOf(wanted: Wanted, content: string): string | null {
  if (wanted.kind === 'part') return content.slice(wanted.start, wanted.end)
  return wanted.kind === 'whole' ? content : null
}

/** As the RFC tells it, one byte after the other. */
function modelBytes(content: string, keeps: (index: number) => boolean): string | null {
  const kept = [...content].filter((_, i) => keeps(i)).join('')
  return kept === '' ? null : kept
}

const numbers = fc.oneof(fc.nat(30), fc.nat(), fc.constantFrom(2 ** 53, 1e20))
const contents = fc.string({ minLength: 1, maxLength: 25, unit: fc.constantFrom('a', 'b', 'c', '0') })

test('a range from a byte to a byte gives these, and what is beyond the end is left out', () => {
  fc.assert(
    fc.property(contents, numbers, numbers, (content, first, last) => {
      const wanted = wantedOf({ range: `bytes=${BigInt(first)}-${BigInt(last)}` }, ETAG, content.length)
      const expected = last < first ? content : modelBytes(content, i => i >= first && i <= last)
      assert.equal(bytesOf(wanted, content), expected)
    }),
    { numRuns: 2000 },
  )
})

test('a range from a byte on gives everything from there', () => {
  fc.assert(
    fc.property(contents, numbers, (content, first) => {
      const wanted = wantedOf({ range: `bytes=${BigInt(first)}-` }, ETAG, content.length)
      assert.equal(
        bytesOf(wanted, content),
        modelBytes(content, i => i >= first),
      )
    }),
    { numRuns: 1000 },
  )
})

test('a suffix range gives so many of the last bytes', () => {
  fc.assert(
    fc.property(contents, numbers, (content, count) => {
      const wanted = wantedOf({ range: `bytes=-${BigInt(count)}` }, ETAG, content.length)
      assert.equal(
        bytesOf(wanted, content),
        modelBytes(content, i => i >= content.length - count),
      )
    }),
    { numRuns: 1000 },
  )
})

test('what is no single range of bytes gives the whole file', () => {
  const others = [
    'bytes=-',
    'bytes=0-1,3-4',
    'lines=0-1',
    'bytes=a-b',
    'bytes 0-1',
    'bytes=--5',
    'bytes=1',
    '',
    'bytes=+1-',
  ]
  for (const range of others) assert.deepEqual(wantedOf({ range }, ETAG, 10), { kind: 'whole' }, range)
})

test('an empty file has no parts', () => {
  assert.deepEqual(wantedOf({ range: 'bytes=-5' }, ETAG, 0), { kind: 'whole' })
  assert.deepEqual(wantedOf({ range: 'bytes=0-' }, ETAG, 0), { kind: 'beyond' })
})

test('If-Range lets a range count only for the very version that it names', () => {
  const range = 'bytes=2-3'
  assert.equal(wantedOf({ range, ifRange: ETAG }, ETAG, 10).kind, 'part')
  for (const ifRange of ['"1-9-1000"', `W/${ETAG}`, 'Sat, 29 Oct 1994 19:43:31 GMT', '']) {
    assert.equal(wantedOf({ range, ifRange }, ETAG, 10).kind, 'whole', ifRange)
  }
})

test('If-None-Match is answered with the news that there is none', () => {
  for (const ifNoneMatch of [ETAG, `W/${ETAG}`, '*', `"other", ${ETAG}`]) {
    assert.equal(wantedOf({ ifNoneMatch, range: 'bytes=99-' }, ETAG, 10).kind, 'unchanged', ifNoneMatch)
  }
  assert.equal(wantedOf({ ifNoneMatch: '"1-10-1001"' }, ETAG, 10).kind, 'whole')
})

test('over the wire, every part of a file says which one it is', async t => {
  const site = await startSite(t)
  const content = 'ä0123456789'
  site.write('conversations.md', content)
  const bytes = Buffer.from(content)
  const wire = site.wire()
  const path = '/openwechat_im_client/conversations.md'
  const size = bytes.length
  await fc.assert(
    fc.asyncProperty(fc.nat(14), fc.nat(14), fc.boolean(), async (a, b, isSuffix) => {
      const reply = await wire.get(path, { Range: isSuffix ? `bytes=-${a}` : `bytes=${a}-${b}` })
      const start = isSuffix ? Math.max(0, size - a) : a
      const end = isSuffix ? size : Math.min(b + 1, size)
      if (!isSuffix && b < a) {
        assert.equal(reply.status, 200)
        assert.deepEqual(reply.body, bytes)
      } else if (start >= size) {
        assert.equal(reply.status, 416)
        assert.equal(reply.headers.get('content-range'), `bytes */${size}`)
      } else {
        assert.equal(reply.status, 206)
        assert.equal(reply.headers.get('content-range'), `bytes ${start}-${end - 1}/${size}`)
        assert.deepEqual(reply.body, bytes.subarray(start, end))
      }
    }),
    { numRuns: 500 },
  )
})
