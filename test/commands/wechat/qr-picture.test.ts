import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encode } from 'uqr'
import { svgPicture, terminalPicture } from '../../../scripts/commands/wechat/qr-picture.ts'

const LINKS = [
  'https://liteapp.weixin.qq.com/q/7GiQu1?qrcode=0123456789abcdef0123456789abcdef&bot_type=3',
  // As long as the protocol lets one be.
  `https://liteapp.weixin.qq.com/q/${'x'.repeat(2860)}`,
]

/** true: dark. */
function modules(link: string, border: number): boolean[][] {
  return encode(link, { ecc: 'L', boostEcc: true, border }).data
}

describe('a QR code', () => {
  for (const link of LINKS) {
    test(`of ${link.length} characters is white and black on every terminal, module by module`, () => {
      const expected = modules(link, 2)
      const lines = (terminalPicture(link, 1000) ?? assert.fail()).split('\n')
      const drawn: boolean[][] = []
      for (const line of lines) {
        // White on black, whatever the terminal's own colours are, and back to those at the end of each line.
        const [, blocks = ''] = /^\u001b\[38;5;231;48;5;16m([█▀▄ ]+)\u001b\[0m$/.exec(line) ?? assert.fail(line)
        drawn.push(
          [...blocks].map(block => block === ' ' || block === '▄'),
          [...blocks].map(block => block === ' ' || block === '▀'),
        )
      }
      assert.deepEqual(drawn.slice(0, expected.length), expected)
    })

    test(`of ${link.length} characters is the same as a picture, with four modules of quiet around it`, () => {
      const dark = modules(link, 4).flatMap((row, y) =>
        row.flatMap((isDark, x) => (isDark ? [`${x * 10},${y * 10}`] : [])),
      )
      const drawn = [...svgPicture(link).matchAll(/M(\d+,\d+)h10v10h-10z/g)].map(([, at]) => at)
      assert.deepEqual(drawn, dark)
      assert.ok(!svgPicture(link).includes(link))
    })
  }

  test('of an ordinary link fits into a terminal of 80 columns', () => {
    assert.notEqual(terminalPicture(LINKS[0] ?? '', 80), null)
    assert.equal(terminalPicture(LINKS[0] ?? '', 30), null)
  })
})
