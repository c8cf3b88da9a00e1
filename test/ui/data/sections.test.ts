import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { itemOf, parseContent } from '../../../ui/data/items.js'
import { readLines } from '../../../ui/data/lines.js'
import { splitItems } from '../../../ui/data/sections.js'
import type { Item, Split } from '../../../ui/data/types.d.ts'
import { bob, eve, line, me, ops } from './test-page.ts'

const utcDay = (ms: number) => new Date(ms).toISOString().slice(0, 10)

function itemsOf(text: string): Item[] {
  let before: number | null = null
  return readLines(Buffer.from(text), 0, parseContent).map(one => {
    const item = itemOf(one, { generation: 0, before, correction: null, corrects: null })
    before = item.atMs
    return item
  })
}

function keys(items: readonly Item[]): string[] {
  return items.map(one => one.key)
}

const anyLine = fc.oneof(
  fc
    .record({
      at: fc
        .integer({ min: 0, max: 5 * 24 * 60 })
        .map(minute => new Date(Date.UTC(2026, 2, 9, 0, minute)).toISOString()),
      from: fc.constantFrom(bob, eve, me, ops, null),
      to: fc.constantFrom(undefined, undefined, bob),
      type: fc.constantFrom('chat', 'system', 'file', 'correction'),
    })
    .map(({ at, to, ...rest }) => line({ ...rest, at: at.replace('.000', ''), ...(to === undefined ? {} : { to }) })),
  fc.constant('a note\n'),
)

describe('the sections of a list', () => {
  test('hold each line exactly once, however they are split and ordered', () => {
    fc.assert(
      fc.property(
        fc.array(anyLine, { maxLength: 40 }),
        fc.constantFrom<Split>('friend', 'session', 'time'),
        fc.constantFrom('arrival' as const, 'time' as const),
        (lines, split, order) => {
          const items = itemsOf(lines.join(''))
          const sections = splitItems(items, { split, order, dayOf: utcDay })
          const all = sections.flatMap(section => keys(section.items))
          assert.deepEqual(all.toSorted(), keys(items).toSorted())
          assert.equal(new Set(sections.map(section => section.key)).size, sections.length)
          for (const section of sections) {
            assert.ok(section.items.length > 0)
            for (const [i, item] of section.items.entries()) {
              if (split === 'friend') assert.equal(item.conversation, section.conversation)
              const next = section.items[i + 1]
              if (next === undefined) continue
              if (order === 'time') assert.ok((item.atMs ?? 0) <= (next.atMs ?? 0))
              else assert.ok(item.offset < next.offset)
            }
          }
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('a sitting ends with the day, or after six hours', () => {
    const items = itemsOf(
      [
        '2026-03-09T08:00:00Z',
        '2026-03-09T13:59:59Z',
        '2026-03-09T19:59:59Z',
        '2026-03-10T00:00:01Z',
        '2026-03-10T00:00:00Z',
      ]
        .map(at => line({ at }))
        .join(''),
    )
    const sections = splitItems(items, { split: 'session', dayOf: utcDay })
    assert.deepEqual(
      sections.map(section => section.items.length),
      [2, 1, 2],
    )
    assert.deepEqual(
      [sections[2]?.fromMs, sections[2]?.toMs],
      [Date.parse('2026-03-10T00:00:00Z'), Date.parse('2026-03-10T00:00:01Z')],
    )
  })

  test('of friends come in the order of their last lines', () => {
    const items = itemsOf(line({ from: eve }) + line({ from: bob }) + line({ from: ops }) + line({ from: me, to: eve }))
    assert.deepEqual(
      splitItems(items, { split: 'friend' }).map(section => section.items.at(-1)?.sender?.name),
      ['bob', 'ops', 'me'],
    )
  })
})
