import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createFileReader } from '../../../ui/data/file-reader.js'
import { isReceived, parseContent } from '../../../ui/data/items.js'
import { createMessages } from '../../../ui/data/messages.js'
import { type ServedFiles, serveFiles } from './served-files.ts'
import { ann, bob, eve, line, me } from './test-page.ts'

const NAME = 'conversations.md'

function messagesOf(served: ServedFiles, mostLines: number) {
  const reader = createFileReader({
    url: `/x/${NAME}`,
    fetch: served.fetch,
    parse: parseContent,
    mostLines,
    onDrop: page => messages.drop(page),
    sizes: { first: 300, page: 400, step: 500 },
  })
  const messages = createMessages(() => reader)
  return { reader, messages }
}

const seq = fc.integer({ min: 1, max: 6 }).map(String)
const anyLine = fc.oneof(
  fc.constantFrom(bob, eve).map(from => line({ from })),
  fc.constant(line({ from: me, to: bob })),
  seq.map(n => line({ from: null, flags: { seq: n } })),
  seq.map(n => line({ from: ann, flags: { seq: n, attachment: 'image' } })),
  seq.map(n => line({ from: me, to: ann, flags: { seq: n } })),
  seq.map(n => line({ from: ann, type: 'correction', flags: { ref: n, attachment: 'image', file: '.files/x.jpg' } })),
  fc.record({ ref: seq, from: fc.constantFrom(bob, eve) }).map(({ ref, from }) => {
    return line({ from, type: 'correction', flags: { ref }, content: `said by ${from.name}` })
  }),
  fc.constant('a note\n'),
)

describe('items of a file that is read in parts', () => {
  test('are the same in whatever order its pages were read, dropped and read again', async () => {
    const step = fc.oneof(
      fc.record({ add: fc.array(anyLine, { minLength: 1, maxLength: 8 }) }),
      fc.constantFrom('older' as const, 'refresh' as const, 'end' as const, 'load' as const),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.integer({ min: 5, max: 40 }), async (steps, mostLines) => {
        const served = serveFiles()
        const { reader, messages } = messagesOf(served, mostLines)
        for (const one of steps) {
          if (one === 'older') await reader.older()
          else if (one === 'end') reader.focus(null)
          else if (one === 'load') await reader.load(reader.end >> 1)
          else {
            if (one !== 'refresh') served.append(NAME, one.add.join(''))
            await reader.refresh()
          }
          messages.update()
        }
        await reader.refresh()
        while (await reader.older());
        messages.update()

        const fresh = messagesOf(served, Number.POSITIVE_INFINITY)
        await fresh.reader.refresh()
        while (await fresh.reader.older());
        fresh.messages.update()
        const expected = new Map(fresh.messages.run(null).items.map(item => [item.offset, item]))

        for (const item of reader.pages.flatMap(page => messages.itemsOf(page))) {
          // A note at the beginning of a page has no time: what stands before it may not be known.
          const same = expected.get(item.offset)
          assert.deepEqual(item, item.kind === 'note' ? { ...same, atMs: item.atMs } : same)
        }
        const unread = messages.digests().flatMap(digest => [...digest.received.values()].flat())
        const received = [...expected.values()].filter(isReceived)
        assert.deepEqual(
          unread.toSorted((a, b) => a - b),
          received.map(item => item.offset),
        )
      }),
      { numRuns: 400 },
    )
  })
})
