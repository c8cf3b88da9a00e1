import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createFileReader } from '../../../ui/data/file-reader.js'
import type { FileReader } from '../../../ui/data/types.d.ts'
import { type ServedFiles, serveFiles } from './served-files.ts'

const NAME = 'conversations.md'
const SMALL = { first: 64, page: 96, step: 80 }

function readerOf(served: ServedFiles, options: { mostLines?: number; sizes?: typeof SMALL } = {}) {
  const reader = createFileReader({ url: `/x/${NAME}`, fetch: served.fetch, parse: text => text, ...options })
  return reader
}

function texts(reader: FileReader<string>): string[] {
  return reader.pages.flatMap(page => (page.lines ?? []).map(line => line.value))
}

/** Everything that is loaded stands in the file, there and so. */
function assertTrue(reader: FileReader<string>, bytes: Buffer): void {
  let at = reader.start
  for (const page of reader.pages) {
    assert.equal(page.start, at)
    const text = (page.lines ?? []).map(line => `${line.value}\n`).join('')
    if (page.lines !== null) assert.equal(text, bytes.subarray(page.start, page.end).toString())
    at = page.end
  }
  assert.equal(at, reader.end)
}

function wholeLines(bytes: Buffer): string[] {
  return bytes.toString().split('\n').slice(0, -1)
}

async function readAll(reader: FileReader<string>): Promise<string[]> {
  while (await reader.older());
  for (const page of [...reader.pages]) await reader.load(page.start)
  return texts(reader)
}

describe('a file that is read in parts', () => {
  test('shows its end after one request, and pages further back after one each', async () => {
    const served = serveFiles()
    const lines = Array.from({ length: 100_000 }, (_, i) => `[2026-03-09T10:00:00Z] line ${i} ${'x'.repeat(120)}`)
    served.append(NAME, `${lines.join('\n')}\n`)
    const reader = readerOf(served)
    assert.equal(await reader.refresh(), true)
    assert.equal(served.asked.length, 1)
    assert.deepEqual(texts(reader), lines.slice(-texts(reader).length))
    assert.ok(texts(reader).length > 300)
    await reader.older()
    assert.equal(served.asked.length, 2)
    assert.deepEqual(texts(reader), lines.slice(-texts(reader).length))
  })

  test('keeps a bounded number of lines, and loads dropped ones again', async () => {
    const served = serveFiles()
    const lines = Array.from({ length: 2000 }, (_, i) => `line ${i}`)
    served.append(NAME, `${lines.join('\n')}\n`)
    const reader = readerOf(served, { mostLines: 100, sizes: SMALL })
    await reader.refresh()
    while (await reader.older()) assert.ok(texts(reader).length < 200)
    assert.equal(reader.atStart, true)
    const dropped = reader.pages.find(page => page.lines === null)
    assert.ok(dropped)
    assert.equal(await reader.load(dropped.start), true)
    assertTrue(reader, served.bytes(NAME) as Buffer)
    assert.ok(dropped.lines)
  })

  test('does not ask for bytes of a file that has not changed', async () => {
    const served = serveFiles()
    served.append(NAME, 'one\ntwo\n')
    const reader = readerOf(served)
    await reader.refresh()
    assert.equal(await reader.refresh(), false)
    assert.equal(reader.generation, 0)
  })

  test('waits for the end of a line', async () => {
    const served = serveFiles()
    served.append(NAME, 'one\ntw')
    const reader = readerOf(served)
    await reader.refresh()
    assert.deepEqual(texts(reader), ['one'])
    served.append(NAME, Buffer.from('o 好').subarray(0, 3))
    assert.equal(await reader.refresh(), false)
    served.append(NAME, Buffer.concat([Buffer.from('o 好').subarray(3), Buffer.from('\n')]))
    assert.equal(await reader.refresh(), true)
    assert.deepEqual(texts(reader), ['one', 'two 好'])
  })

  test('reads a line that is longer than any page', async () => {
    const served = serveFiles()
    const long = '好'.repeat(5000)
    served.append(NAME, `first\n${long}\n`)
    const reader = readerOf(served, { sizes: SMALL })
    await reader.refresh()
    assert.equal(texts(reader).at(-1), long)
    served.append(NAME, `${long}!\nlast\n`)
    await reader.refresh()
    assert.deepEqual(await readAll(reader), ['first', long, `${long}!`, 'last'])
  })

  test('says when there is none, and reads it when it appears', async () => {
    const served = serveFiles()
    const reader = readerOf(served)
    assert.equal(await reader.refresh(), true)
    assert.equal(reader.state, 'missing')
    assert.equal(await reader.refresh(), false)
    served.append(NAME, '')
    assert.equal(await reader.refresh(), true)
    assert.equal(reader.state, 'there')
    served.append(NAME, 'one\n')
    await reader.refresh()
    assert.deepEqual(texts(reader), ['one'])
    served.remove(NAME)
    assert.equal(await reader.refresh(), true)
    assert.equal(reader.state, 'missing')
    assert.deepEqual(texts(reader), [])
  })

  test('begins anew when another file has taken the name, also in the middle of reading back', async () => {
    const served = serveFiles()
    served.append(NAME, `${Array.from({ length: 50 }, (_, i) => `old ${i}`).join('\n')}\n`)
    const reader = readerOf(served, { sizes: SMALL })
    await reader.refresh()
    served.replace(NAME, `${Array.from({ length: 80 }, (_, i) => `new ${i}`).join('\n')}\n`)
    assert.equal(await reader.older(), false)
    assert.equal(reader.generation, 1)
    assert.ok(texts(reader).every(text => text.startsWith('new')))
  })

  test('begins anew when an older part, a dropped one, or only the number of the file is another', async () => {
    const numbered = (word: string, n: number) => `${Array.from({ length: n }, (_, i) => `${word} ${i}`).join('\n')}\n`
    const inPlace = serveFiles()
    inPlace.append(NAME, numbered('old', 200))
    const back = readerOf(inPlace, { sizes: SMALL })
    await back.refresh()
    inPlace.truncate(NAME, 0)
    inPlace.append(NAME, numbered('new', 300))
    assert.equal(await back.older(), false)
    assert.ok(texts(back).every(one => one.startsWith('new')))

    const edited = serveFiles()
    edited.append(NAME, numbered('old', 200))
    const again = readerOf(edited, { mostLines: 20, sizes: SMALL })
    await again.refresh()
    while (await again.older());
    again.focus(null)
    const size = edited.bytes(NAME)?.length ?? 0
    const end = edited.bytes(NAME)?.subarray(100) ?? Buffer.alloc(0)
    edited.truncate(NAME, 0)
    edited.append(NAME, Buffer.concat([Buffer.alloc(99, 'x'), Buffer.from('\n'), end]))
    assert.equal(edited.bytes(NAME)?.length, size)
    assert.equal(again.pages[0]?.lines, null)
    assert.equal(await again.load(0), false)
    assert.equal(again.generation, 1)

    const copied = serveFiles()
    copied.append(NAME, numbered('old', 200))
    const reader = readerOf(copied, { sizes: SMALL })
    await reader.refresh()
    copied.replace(NAME, copied.bytes(NAME) ?? '')
    await reader.refresh()
    assert.equal(reader.generation, 1)
  })

  test('knows a page again that has grown line by line', async () => {
    const served = serveFiles()
    const reader = readerOf(served, { mostLines: 10, sizes: SMALL })
    for (let i = 0; i < 100; i++) {
      served.append(NAME, `line ${i}\n`)
      await reader.refresh()
    }
    assert.equal(reader.pages[0]?.lines, null)
    assert.equal(await reader.load(0), true)
    assert.equal(reader.generation, 0)
    assert.equal(texts(reader)[0], 'line 0')
  })

  test('fails when nobody answers, keeps what it has, and goes on', async () => {
    const served = serveFiles()
    served.append(NAME, 'one\n')
    const reader = readerOf(served)
    await reader.refresh()
    served.isDown = true
    await assert.rejects(reader.refresh())
    assert.equal(reader.state, 'failed')
    assert.deepEqual(texts(reader), ['one'])
    served.isDown = false
    served.append(NAME, 'two\n')
    await reader.refresh()
    assert.equal(reader.state, 'there')
    assert.deepEqual(texts(reader), ['one', 'two'])
  })

  test('scans from the end to the beginning and keeps no more than before', async () => {
    const served = serveFiles()
    const lines = Array.from({ length: 3000 }, (_, i) => `line ${i}`)
    served.append(NAME, `${lines.join('\n')}\n`)
    const reader = readerOf(served, { mostLines: 100, sizes: SMALL })
    await reader.refresh()
    const seen: string[] = []
    const whole = await reader.scan(found => {
      seen.unshift(...found.map(line => line.value))
      assert.ok(texts(reader).length < 200)
      return true
    })
    assert.equal(whole, true)
    assert.deepEqual(seen, lines)
    assert.deepEqual(texts(reader).at(-1), lines.at(-1))
  })

  test('stops a scan at once', async () => {
    const served = serveFiles()
    served.append(NAME, 'line\n'.repeat(500))
    const reader = readerOf(served, { sizes: SMALL })
    await reader.refresh()
    const stop = new AbortController()
    let pages = 0
    const whole = await reader.scan(() => {
      pages++
      stop.abort()
      return true
    }, stop.signal)
    assert.deepEqual([whole, pages], [false, 1])
  })
})

type Step =
  | { readonly do: 'append'; readonly texts: readonly string[]; readonly torn: boolean }
  | { readonly do: 'truncate' | 'load' | 'focus'; readonly at: number }
  | { readonly do: 'replace' | 'remove' | 'refresh' | 'older' | 'scan' | 'meddle' }

const text = fc.string({ unit: fc.constantFrom('a', '好', '😀', '\r', '\u0085', ' '), maxLength: 40 })
const append = fc.record({
  do: fc.constant('append' as const),
  texts: fc.array(text, { maxLength: 12 }),
  torn: fc.boolean(),
})
const place = fc.record({
  do: fc.constantFrom('truncate', 'load', 'focus'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
}) as fc.Arbitrary<Step>
const plain = fc.record({
  do: fc.constantFrom('refresh', 'refresh', 'older', 'older', 'scan', 'replace', 'remove', 'meddle'),
}) as fc.Arbitrary<Step>
const steps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(append, append, place, plain, plain), { maxLength: 40 })

describe('whatever happens to the file between two reads', () => {
  test('no line is lost, doubled or torn', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 5, max: 60 }), async (list, mostLines) => {
        const served = serveFiles()
        const reader = readerOf(served, { mostLines, sizes: SMALL })
        let n = 0
        const some = (words: readonly string[], torn = false) => {
          const all = words.map(word => `${n++} ${word}\n`).join('')
          return torn ? all.slice(0, -1) : all
        }
        const size = () => served.bytes(NAME)?.length ?? 0
        const meddle = () => {
          served.meddle = () => undefined
          if (n % 3 === 0) served.append(NAME, some(['meanwhile']))
          else if (n % 3 === 1) served.replace(NAME, some(Array(20).fill('other')))
          else served.truncate(NAME, size() >> 1)
        }
        for (const step of list) {
          if (step.do === 'append') served.append(NAME, some(step.texts, step.torn))
          else if (step.do === 'truncate') served.truncate(NAME, Math.floor(size() * step.at))
          else if (step.do === 'replace') served.replace(NAME, some(Array(15).fill('anew')))
          else if (step.do === 'remove') served.remove(NAME)
          else if (step.do === 'meddle') served.meddle = meddle
          else if (step.do === 'refresh') await reader.refresh()
          else if (step.do === 'older') await reader.older()
          else if (step.do === 'scan') await reader.scan(() => true)
          else if (step.do === 'load') await reader.load(Math.floor(reader.end * step.at))
          else if (step.do === 'focus') reader.focus(Math.floor(reader.end * step.at))
        }
        served.meddle = () => undefined
        await reader.refresh()
        const bytes = served.bytes(NAME) ?? Buffer.alloc(0)
        assertTrue(reader, bytes)
        const seen: string[] = []
        const whole = await reader.scan(lines => {
          seen.unshift(...lines.map(line => line.value))
          return true
        })
        if (!whole) {
          // A page that was dropped before the file was cut is noticed when it is looked at.
          seen.length = 0
          await reader.scan(lines => seen.unshift(...lines.map(line => line.value)) > 0)
        }
        assert.deepEqual(seen, wholeLines(bytes))
        assertTrue(reader, bytes)
      }),
      { numRuns: 800 },
    )
  })
})
