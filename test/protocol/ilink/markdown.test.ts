import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { filterMarkdown } from '../../../scripts/protocol/ilink/markdown.ts'
import { hostileText } from '../../support/arbitraries.ts'

type Table = readonly (readonly [written: string, shown: string])[]

function holds(table: Table): void {
  for (const [written, shown] of table) {
    const what = written === shown ? 'stays' : `becomes ${JSON.stringify(shown)}`
    test(`${JSON.stringify(written)} ${what}`, () => assert.equal(filterMarkdown(written), shown))
  }
}

function stay(...texts: readonly string[]): void {
  holds(texts.map(text => [text, text]))
}

describe('the table of IL §12', () => {
  holds([
    ['##### T', 'T'],
    ['#### T', '#### T'],
    ['#####x', '#####x'],
    ['*重点*', '重点'],
    ['*em*', '*em*'],
    ['***全部***', '全部'],
    ['**粗**', '**粗**'],
    ['___词___', '词'],
    ['see ![a](b) end', 'see  end'],
    ['![a] b', '![a] b'],
    ['> *词*', '> 词'],
    ['3 * 4', '3 * 4'],
  ])
})

describe('headings', () => {
  holds([
    ['###### T', 'T'],
    ['a\n##### T\n###### U', 'a\nT\nU'],
    ['##### *词*', '词'],
  ])
  stay('# T', '####### T', ' ##### T', '> ##### T', 'a ##### T', '#####\tT', '#####', '`a\n##### T`')
})

describe('blocks of code', () => {
  stay(
    '```\n*词*\n##### T\n![a](b)\n```',
    '```js\n*词*\n``` *词*',
    '```\n*词*',
    '````\n```\n*词*\n```\n*词*\n````',
    '`````\n````\n*词*\n`````',
    '```\n````\n',
    // No block for WeChat, and still code between equally many backticks.
    ' ```\n*词*\n ```',
  )
  holds([
    ['*前*\n```\n*词*\n```\n*后*', '前\n```\n*词*\n```\n后'],
    ['````\n```\n*词*\n````\n*后*', '````\n```\n*词*\n````\n后'],
    ['*前\n```\n*词*\n```\n后*', '*前\n```\n*词*\n```\n后*'],
  ])
})

describe('code in a line', () => {
  stay('`*词*`', '`a_中_b`', '`` `*词*` ``', 'a `*词` b*', '`![a](b)`', '`多\n行 *词*`')
  holds([
    ['`\\`*词*`', '`\\`词`'],
    ['`a` *词* `b`', '`a` 词 `b`'],
    ['` *词*', '` 词'],
    ['`` *词* `', '`` 词 `'],
    ['`a\n\n*词*`', '`a\n\n词`'],
    ['\\`*词*\\`', '\\`词\\`'],
    ['*用 `*` 号*', '用 `*` 号'],
  ])
})

describe('images', () => {
  holds([
    ['![a](u(1).png)', ''],
    ['![a](u(1).png) b', ' b'],
    ['![a](u(1(2)).png)b', 'b'],
    ['![a](u "title (1)")b', 'b'],
    ['![a](my file.png)b', 'b'],
    ['![a](my (file).png)b', 'b'],
    ['![a](u(1.png) and (b)', ' and (b)'],
    ['![a](u(1.png) and (b))c', ' and (b))c'],
    ['![a [b] c](d)e', 'e'],
    ['![](a)![](b)', ''],
    ['[![a](b)](c)', '[](c)'],
    ['![a](https://e.com/x_y.png) *词*', ' 词'],
    ['![*词*](b)', ''],
  ])
  stay('![a](b', '![a](b\nc)', '![a]', '![a', '!', '![a]b(c)', '\\![a](b'.slice(1).replace('(', ' ('))
})

describe('emphasis', () => {
  holds([
    ['_重点_', '重点'],
    ['*重点* 和 _词_', '重点 和 词'],
    ['这是*重点*。', '这是重点。'],
    ['*mixed 词 words*', 'mixed 词 words'],
    ['*かな* *한글*', 'かな 한글'],
    ['*词*，*em*，*词*', '词，*em*，词'],
    ['***全\n部***', '全\n部'],
    ['___全\n部___', '全\n部'],
    ['*外 _内_ 外*', '外 内 外'],
    ['**粗 *斜* 粗**', '**粗 斜 粗**'],
    ['(*词*)', '(词)'],
    ['(*a 和 *重点*', '(*a 和 重点'],
    ['* *词*', '* 词'],
    ['- *词*\n- *em*', '- 词\n- *em*'],
    ['|*词*|_词_|', '|词|词|'],
  ])
  stay(
    '**粗**和**粗**',
    '__粗__',
    '~~删~~',
    '****四****',
    '* 列表\n* 列表',
    '*\t列表*',
    '* 列 *',
    '*词',
    '词*',
    '*词\n行*',
    '**词*',
    '***词**',
    '***\n词\n***',
    '\\*词\\*',
    '*词\\*',
    'a*b*c*中',
    '2*3等于6，3*4等于12',
    '2*3等于六*',
    '*六等于2*3',
    '_',
    '*',
    '***',
    '* * *',
  )
})

describe('what is no markup', () => {
  stay(
    'a_中_b',
    '用户_名称_表',
    '报告_最终_版.docx',
    'x_中_',
    '_中_x',
    'https://e.com/a_中_b',
    'https://e.com/_中_/*词*/x',
    'http://e.com/*中*?q=_中_&r',
    '<https://e.com/_中_>',
    '[看](/a/_中_/*词*)',
    '[看](a(_中_)b)',
    '<a href="/_中_">x</a>',
    '[链接](u) <b>粗</b> | 表 |\n|---|',
    '',
    ' \n',
  )
  holds([
    ['*见 https://e.com/中*', '见 https://e.com/中'],
    ['_见 https://e.com/x_', '见 https://e.com/x'],
    ['[*词*](/_中_)', '[词](/_中_)'],
    ['https://e.com/a，*词*', 'https://e.com/a，词'],
  ])
})

describe('whatever is written', () => {
  const bit = fc.constantFrom(
    '*',
    '**',
    '***',
    '_',
    '___',
    '`',
    '``',
    '```',
    '````',
    '\n',
    '\n\n',
    '![',
    '](',
    ')',
    '(',
    ']',
    '[',
    '#####',
    ' ',
    '\\',
    '词',
    'a',
    'https://e.com/',
    '<b>',
    '“',
    '😀',
    '\r\n',
  )
  const text = fc.oneof(
    fc.array(bit, { maxLength: 25 }).map(bits => bits.join('')),
    hostileText(),
  )

  test('only loses characters, and only marks, images and headings', () => {
    fc.assert(
      fc.property(text, written => {
        const shown = filterMarkdown(written)
        let at = 0
        for (const sign of written) if (shown.startsWith(sign, at)) at += sign.length
        assert.equal(at, shown.length)
        if (!written.includes('![')) {
          assert.equal(shown.replace(/[*_#\s]/g, ''), written.replace(/[*_#\s]/g, ''))
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('stays in blocks of code', () => {
    fc.assert(
      fc.property(text, inner => {
        const code = `\`\`\`\`\`\`\n${inner.replace(/`{6,}/g, '')}\n\`\`\`\`\`\`\n`
        assert.equal(filterMarkdown(`*前*\n${code}*后*`), `前\n${code}后`)
      }),
      { numRuns: 500 },
    )
  })

  test('stays where nothing of it is Chinese, Japanese or Korean, no image and no deep heading', () => {
    const latin = fc.array(
      bit.filter(one => one !== '词' && one !== '![' && one !== '#####'),
      { maxLength: 25 },
    )
    fc.assert(
      fc.property(latin, bits => {
        const written = bits.join('').replaceAll('![', '')
        fc.pre(!/!\[|^#{5}/m.test(written))
        assert.equal(filterMarkdown(written), written)
      }),
      { numRuns: 1000 },
    )
  })
})
