import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { excerptOf } from '../../scripts/protocol/page-excerpt.ts'
import { hostileText } from '../support/arbitraries.ts'

describe('what is told of a page', () => {
  const CASES = [
    ['<title>T</title><body><h1>Hello</h1> <p>World</p></body>', 'T', 'Hello World'],
    ['<TITLE lang="en">\n T \n</TITLE><P>x</P>', 'T', 'x'],
    ['no tag at all', '', 'no tag at all'],
    ['', '', ''],
    ['a<!-- hidden <b>words</b> -->b', '', 'a b'],
    ['a<script>alert("<b>")</script>b<style>p{}</style>c', '', 'a b c'],
    ['<noscript>n</noscript><template>t</template>seen', '', 'seen'],
    ['<ScRiPt>x</sCrIpT>seen', '', 'seen'],
    ['<scripture>seen</scripture>', '', 'seen'],
    ['&lt;b&gt; &amp;amp; &quot;x&quot; &#20013;&#x6587; &nbsp; &unknown; &#0;', '', null],
    ['<p>open', '', 'open'],
    ['text <', '', 'text'],
    ['<script>never closed', '', ''],
    ['<!-- never closed', '', ''],
    ['<a title="a > b">x</a>', '', 'b">x'],
  ] as const
  for (const [html, title, excerpt] of CASES) {
    test(`of ${JSON.stringify(html)}`, () => {
      const told = excerptOf(html)
      assert.equal(told.title, title)
      if (excerpt !== null) assert.equal(told.excerpt, excerpt)
    })
  }

  test('entities are read, and what they make is text, not tags', () => {
    assert.equal(
      excerptOf('&lt;b&gt; &amp;amp; &quot;x&quot; &#20013;&#x6587;&nbsp;&unknown;').excerpt,
      '<b> &amp; "x" 中文 &unknown;',
    )
    assert.equal(excerptOf('&#1114111; &#1114112; &#x110000;').excerpt, '\u{10ffff} &#1114112; &#x110000;')
  })

  test('is 300 characters at most, none of them half, on one line', () => {
    const told = excerptOf(`<title>${'😀'.repeat(500)}</title>${'文\n'.repeat(5000)}`)
    assert.deepEqual([[...told.title].length, told.title.isWellFormed()], [300, true])
    assert.equal([...told.excerpt].length, 300)
    assert.doesNotMatch(told.excerpt, /\n/)
  })

  test('is never half a character and never long, whatever the page', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '<!--',
      '-->',
      '<script',
      '</script',
      '<title>',
      '</',
      '&',
      ';',
      '&#x',
      '&#55357;',
      '&#xd83d;',
      'A',
      'İ',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, hostileText(4)), { maxLength: 40 }), pieces => {
        const { title, excerpt } = excerptOf(pieces.join('').toWellFormed())
        for (const text of [title, excerpt]) {
          assert.ok([...text].length <= 300)
          assert.ok(text.isWellFormed(), JSON.stringify(text))
          assert.doesNotMatch(text, /[\r\n\t]/)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('of a page that is made to be slow is told all the same', () => {
    for (const bit of [
      '<',
      '<!--',
      '<script>',
      '<a ',
      '&',
      '&#',
      ' ',
      '<title',
      '</script',
      '<b></b>',
      '<script></script>',
    ]) {
      assert.ok(excerptOf(bit.repeat(Math.ceil(2_000_000 / bit.length))).excerpt.length <= 600, bit)
    }
  })
})
