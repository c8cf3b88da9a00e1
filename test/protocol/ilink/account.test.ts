import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { accountOf, bareUser, idOfAccount, userKey } from '../../../scripts/protocol/ilink/account.ts'
import { hostileText } from '../../support/arbitraries.ts'

describe('the name of an account (IL §14)', () => {
  for (const [id, account] of [
    ['B0F5@im.bot', 'b0f5-im-bot'],
    ['  0123456789ab@im.bot\n', '0123456789ab-im-bot'],
    ['a__b--c', 'a__b--c'],
    ['a@.@b', 'a-b'],
    ['--a--', 'a'],
    ['@@', 'default'],
    ['', 'default'],
    ['中文', 'default'],
    ['x'.repeat(65), 'x'.repeat(64)],
  ] as const) {
    test(`of ${JSON.stringify(id).slice(0, 40)} is ${account.slice(0, 20)}`, () => assert.equal(accountOf(id), account))
  }

  test('can be the name of a file, whatever the id is', () => {
    fc.assert(
      fc.property(hostileText(), id => assert.match(accountOf(id), /^[a-z0-9_-]{1,64}$/)),
      { numRuns: 1000 },
    )
  })

  test('leads back to the id of a bot or a person', () => {
    assert.equal(idOfAccount('b0f5-im-bot'), 'b0f5@im.bot')
    assert.equal(idOfAccount('ox-y-im-wechat'), 'ox-y@im.wechat')
    for (const other of ['main', '-im-bot', 'b0f5-im-bot-2', '']) assert.equal(idOfAccount(other), null)
  })

  test('leads back to every id of a bot', () => {
    const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 12, maxLength: 12 })
    fc.assert(fc.property(hex, name => assert.equal(idOfAccount(accountOf(`${name}@im.bot`)), `${name}@im.bot`)))
  })
})

describe('the id of a person', () => {
  test('has one key in capitals and without', () => {
    assert.equal(userKey('oXyZ@im.wechat'), userKey('OXYZ@IM.WECHAT'))
    assert.notEqual(userKey('oXyZ@im.wechat'), userKey('oXy@im.wechat'))
  })

  test('goes out with its capitals, and without what a host put in front of it', () => {
    assert.equal(bareUser(' user:oXyZ@im.wechat'), 'oXyZ@im.wechat')
    assert.equal(bareUser('oXyZ@im.wechat'), 'oXyZ@im.wechat')
    assert.equal(userKey('USER:oXyZ@im.wechat'), userKey('oxyz@im.wechat'))
  })
})
