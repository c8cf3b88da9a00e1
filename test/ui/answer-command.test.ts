import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Address } from '../../ui/data/types.d.ts'
import { answerCommand, wechatCommand } from '../../ui/views/answer-command.js'
import { niceCeiling } from '../../ui/views/chart-scale.js'

describe('the command that answers', () => {
  test('names the one who wrote', () => {
    assert.match(answerCommand({ scheme: 'relay', id: 2 }) ?? '', /^npm run -s im -- send 2 "/)
    assert.match(
      answerCommand({ scheme: 'wechat', account: 'main', user: 'wxid_1' }) ?? '',
      / send wechat:main\/wxid_1 "/,
    )
  })

  test('is not there for the relay itself, a webhook or nobody', () => {
    const silent: (Address | null)[] = [{ scheme: 'relay', id: 0 }, { scheme: 'webhook', name: 'ops' }, null]
    assert.deepEqual(
      silent.map(one => answerCommand(one)),
      [null, null, null],
    )
  })

  test('holds nothing that a shell would take for more than a word', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (account, user) => {
        const command = answerCommand({ scheme: 'wechat', account, user })
        const word =
          command === null ? 'none' : command.slice('npm run -s im -- send '.length, command.lastIndexOf(' "'))
        assert.match(word, /^[\w:/@.-]+$/)
      }),
    )
    assert.equal(answerCommand({ scheme: 'wechat', account: 'main', user: '$(reboot)' }), null)
  })
})

describe('the command for an account at WeChat', () => {
  test('names the account', () => {
    assert.equal(wechatCommand('login', 'main-2'), 'npm run -s im -- wechat login main-2')
    assert.equal(wechatCommand('status', 'work'), 'npm run -s im -- wechat status work')
  })

  test('holds no name that the daemon would not give', () => {
    fc.assert(
      fc.property(fc.string(), name => {
        assert.match(wechatCommand('login', name), /^npm run -s im -- wechat (?:list|login [a-z0-9][a-z0-9_-]*)$/)
      }),
    )
    assert.equal(wechatCommand('login', 'x; reboot'), 'npm run -s im -- wechat list')
  })
})

describe('the top of a chart', () => {
  test('is at least the highest column, and half of it is a whole number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), value => {
        const top = niceCeiling(value)
        assert.ok(top >= value && Number.isInteger(top / 2))
      }),
    )
  })
})
