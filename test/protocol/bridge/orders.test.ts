import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Order, readOrder } from '../../../scripts/protocol/bridge/orders.ts'
import { hostileText } from '../../support/arbitraries.ts'

describe('what a message asks of the bridge', () => {
  const rows: readonly (readonly [text: string, order: Order])[] = [
    ['/help', { kind: 'help' }],
    ['／ｈｅｌｐ　', { kind: 'help' }],
    [' /Friends\n', { kind: 'friends' }],
    ['/to', { kind: 'to', who: '' }],
    ['/to bob smith ', { kind: 'to', who: 'bob smith' }],
    ['／to ＠bob', { kind: 'to', who: 'bob' }],
    ['/to @', { kind: 'to', who: '' }],
    ['@bob hi', { kind: 'at', text: 'bob hi' }],
    ['＠ bob hi', { kind: 'at', text: 'bob hi' }],
    ['@', { kind: 'at', text: '' }],
    ['/new', { kind: 'unknown', word: 'new' }],
    ['/帮助', { kind: 'unknown', word: '帮助' }],
    ['/usr/bin', { kind: 'plain' }],
    ['/', { kind: 'plain' }],
    ['/ help', { kind: 'plain' }],
    ['/help!', { kind: 'plain' }],
    ['mail a@b.c', { kind: 'plain' }],
    ['', { kind: 'plain' }],
  ]
  for (const [text, order] of rows) {
    test(`${JSON.stringify(text)}: ${order.kind}`, () => assert.deepEqual(readOrder(text), order))
  }

  test('is nothing where neither sign comes first', () => {
    fc.assert(
      fc.property(hostileText(), text => {
        if (!/^[/／@＠]/.test(text.trim())) assert.equal(readOrder(text).kind, 'plain')
      }),
    )
  })
})
