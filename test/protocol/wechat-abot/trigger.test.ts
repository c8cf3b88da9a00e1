import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GroupRules, GroupTrigger } from '../../../scripts/core/config/wechat-abot.ts'
import { type AbotMessage, passesTrigger } from '../../../scripts/protocol/wechat-abot/message.ts'
import { GROUP, inGroup, PRIVATE, read } from './samples.ts'

describe('what is pushed of a group', () => {
  const SELF = { ownId: 'wxid_me', ownNames: ['Bot', 'b.t'] }
  const rules = (trigger: GroupTrigger, more: Partial<GroupRules> = {}): GroupRules => ({
    trigger,
    byGroup: {},
    allowlist: ['wxid_a'],
    ...more,
  })
  const passes = (message: AbotMessage, which: GroupRules, self: Parameters<typeof passesTrigger>[2] = SELF) =>
    passesTrigger(message, which, self)

  test('is everything or nothing', () => {
    assert.ok(passes(inGroup('wxid_a:\nhello'), rules('all')))
    assert.ok(!passes(inGroup('wxid_a:\n@Bot hello'), rules('off')))
  })

  test('is what people on the list write', () => {
    assert.ok(passes(inGroup('wxid_a:\nhello'), rules('allowlist')))
    assert.ok(!passes(inGroup('wxid_b:\nhello'), rules('allowlist')))
    assert.ok(!passes(inGroup('hello'), rules('allowlist')))
  })

  test('is what names our id among those whom it calls', () => {
    const calling = (ids: string) => inGroup('wxid_a:\nhello', `<atuserlist>${ids}</atuserlist>`)
    assert.ok(passes(calling('wxid_b,wxid_me'), rules('mention')))
    assert.ok(!passes(calling('wxid_men'), rules('mention')))
    assert.ok(!passes(calling('wxid_me'), rules('mention'), { ownId: null, ownNames: [] }))
  })

  for (const [text, isCall] of [
    ['@Bot\u2005hello', true],
    ['@Bot hello', true],
    ['hello @Bot\n', true],
    ['@Bots @Bot\u2005', true],
    ['@b.t ?', true],
    ['@Bot', false],
    ['@Bots hello', false],
    ['Bot hello', false],
    ['@bat hello', false],
    ['hello', false],
    ['', false],
  ] as const) {
    test(`is ${isCall ? '' : 'not '}${JSON.stringify(text)} where we are called Bot and b.t`, () => {
      assert.equal(passes(inGroup(`wxid_a:\n${text}`), rules('mention')), isCall)
    })
  }

  test('is not what calls nobody, though a name of ours is empty', () => {
    assert.ok(!passes(inGroup('wxid_a:\n@ hello'), rules('mention'), { ownId: '', ownNames: [''] }))
  })

  test('goes by the rule of the group, where it has one', () => {
    const message = inGroup('wxid_a:\nhello')
    assert.ok(!passes(message, rules('all', { byGroup: { [GROUP]: 'off' } })))
    assert.ok(passes(message, rules('off', { byGroup: { [GROUP]: 'all', '1@chatroom': 'off' } })))
  })

  test('never keeps back what somebody wrote to us alone', () => {
    for (const trigger of ['all', 'mention', 'allowlist', 'off'] as const)
      assert.ok(passes(read(PRIVATE), rules(trigger)))
  })

  test('is never what we wrote ourselves', () => {
    for (const to of ['wxid_a', GROUP]) {
      assert.ok(!passes(read({ FromUserName: 'wxid_me', ToUserName: to, Content: '@Bot x' }), rules('all')))
    }
    assert.ok(!passes(inGroup('wxid_me:\n@Bot hello'), rules('all')))
  })
})
