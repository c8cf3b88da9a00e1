import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PART_BYTES, readPart } from '../../ui/tail-file.js'

/** A server of one file, as the page's own answers. */
function serving(file: { bytes: Buffer; inode: number } | null) {
  return async (_url: string, init: RequestInit): Promise<Response> => {
    if (file === null) return new Response('{"error":"not_there"}', { status: 404 })
    const { bytes, inode } = file
    const etag = `"${inode}-${bytes.length}-1"`
    const range = new Headers(init.headers).get('range') ?? ''
    const [, first = '', last = ''] = /^bytes=(\d*)-(\d+)$/.exec(range) ?? []
    const start = first === '' ? Math.max(0, bytes.length - Number(last)) : Number(first)
    const end = first === '' ? bytes.length : Math.min(bytes.length, Number(last) + 1)
    if (start >= end) return new Response('', { status: 416, headers: { etag } })
    const headers = { etag, 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }
    return new Response(new Uint8Array(bytes.subarray(start, end)), { status: 206, headers })
  }
}

async function readAll(bytes: Buffer): Promise<string> {
  const fetcher = serving({ bytes, inode: 7 })
  let whole = ''
  let known: { before: number; tag: string } | null = null
  do {
    const part = await readPart(fetcher, '/file', known)
    assert.ok(part.kind === 'part', part.kind)
    assert.ok(known === null || part.start < known.before, 'each part is further back')
    whole = part.text + whole
    known = { before: part.start, tag: part.tag }
  } while (known.before > 0)
  return whole
}

describe('a file read from its end', () => {
  test('is the same as the whole, however long its lines are', async () => {
    for (const width of [10, 1000, PART_BYTES * 2]) {
      const text = Array.from({ length: 12 }, (_, n) => `${n} ${'消息🚀'.repeat(width)}\n`).join('')
      const bytes = Buffer.from(text).subarray(-5 * PART_BYTES - 3)
      const begun = bytes.subarray(bytes.indexOf(0x20))
      assert.equal(await readAll(begun), begun.toString())
    }
  })

  test('is empty when it is', async () => {
    assert.equal(await readAll(Buffer.alloc(0)), '')
  })

  test('is told to be missing', async () => {
    assert.deepEqual(await readPart(serving(null), '/file', null), { kind: 'missing' })
  })

  test('is told to be another one when it was replaced in between', async () => {
    const bytes = Buffer.from('a line\n'.repeat(20_000))
    const part = await readPart(serving({ bytes, inode: 7 }), '/file', null)
    assert.ok(part.kind === 'part')
    const known = { before: part.start, tag: part.tag }
    assert.deepEqual(await readPart(serving({ bytes, inode: 8 }), '/file', known), { kind: 'changed' })
  })

  test('fails without harm when nobody answers', async () => {
    const nobody = () => Promise.reject(new TypeError('Failed to fetch'))
    assert.deepEqual(await readPart(nobody, '/file', null), { kind: 'failed' })
  })
})
