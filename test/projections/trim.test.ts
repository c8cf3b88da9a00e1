import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createTrimmer, type Judge, type Trimmed } from '../../scripts/projections/maintenance/trim.ts'

const judge: Judge = line => (line.startsWith('[go') ? 'remove' : line.startsWith('[stay') ? 'keep' : null)

function trim(pieces: readonly Uint8Array[]): { kept: string; removed: string } {
  const trimmer = createTrimmer(judge)
  const parts: Trimmed[] = [...pieces.map(piece => trimmer.feed(piece)), trimmer.end()]
  const text = (part: keyof Trimmed) => Buffer.concat(parts.map(one => one[part])).toString('utf8')
  return { kept: text('kept'), removed: text('removed') }
}

/** The same in one piece, by what it says it does. */
function trimSimply(text: string): { kept: string; removed: string } {
  const result = { keep: '', remove: '' }
  let fate: 'keep' | 'remove' = 'keep'
  for (const line of text.split(/(?<=\n)/)) {
    fate = judge(line.replace(/\n$/, '')) ?? fate
    result[fate] += line
  }
  return { kept: result.keep, removed: result.remove }
}

describe('records taken out of a file', () => {
  test('take what stands behind them with them; what stands before the first stays', () => {
    const text = 'head\n[go 1\nnote\n[stay 2\nother note\n\n[go 3\n[stay 4\nend'
    assert.deepEqual(trim([Buffer.from(text)]), {
      kept: 'head\n[stay 2\nother note\n\n[stay 4\nend',
      removed: '[go 1\nnote\n[go 3\n',
    })
  })

  test('are the same in whatever pieces the file is read, and not a byte is lost', () => {
    const line = fc.constantFrom(
      '[go',
      '[stay',
      '[go 中文',
      '[stay\r',
      'note',
      '',
      '[',
      '[gone',
      ' [go',
      '\u2028[go',
      'ü',
    )
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), fc.array(fc.nat({ max: 40 })), (lines, ends, cuts) => {
        const text = lines.join('\n') + (ends ? '\n' : '')
        const bytes = Buffer.from(text)
        const places = [0, ...cuts.filter(at => at <= bytes.length).toSorted((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((end, i) => bytes.subarray(places[i], end))
        assert.deepEqual(trim(pieces), trimSimply(text))
      }),
    )
  })

  test('of a file without line ends are none: it goes the way of what stands before it, and is not kept in memory', () => {
    const trimmer = createTrimmer(judge)
    const piece = Buffer.alloc(1024 * 1024, '[stay ')
    let given = trimmer.feed(Buffer.from('[go\n[not a record ')).removed.length
    for (let i = 0; i < 20; i++) given += trimmer.feed(piece).removed.length
    assert.ok(given > 16 * 1024 * 1024)
    const rest = trimmer.feed(Buffer.from('[stay\n[stay\n'))
    assert.equal(Buffer.from(rest.kept).toString(), '[stay\n')
  })
})
