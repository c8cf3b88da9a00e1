import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MessageType, Via } from '../../scripts/core/message.ts'
import { abotAddress } from '../../scripts/engine/abot-address.ts'
import { messageEvent } from '../../scripts/engine/delivery/message-event.ts'
import { originOf, routesOf, sinksFor } from '../../scripts/engine/routes.ts'
import type { StoredMessage } from '../../scripts/store/messages.ts'
import { configOf, webhooks } from './delivery/engine.ts'

const SECRET = 'a-secret-of-ours-for-tests'
const RECEIVED: StoredMessage = {
  seq: 7,
  via: 'stream',
  receivedAt: '2026-03-09T10:00:00Z',
  at: '2026-03-09T10:00:00Z',
  type: 'chat',
  from: { address: { scheme: 'relay', id: 2 }, name: 'bob' },
  to: null,
  content: 'hello',
  flags: {},
  payload: null,
  mergedInto: null,
  repeatsEarlier: false,
}

function received(change: Partial<StoredMessage>): StoredMessage {
  return { ...RECEIVED, ...change }
}

/** Names of the sinks that get the message, or the event that is none. */
function sinksOf(sections: Readonly<Record<string, unknown>>, message: StoredMessage): string[] {
  const config = configOf(sections)
  const event = messageEvent(message)
  if (event === null) return []
  const outgoing = { name: event.name, message }
  return sinksFor(
    outgoing,
    routesOf(config, () => 'Owner@im.wechat'),
    originOf(outgoing, config),
  ).map(({ sink }) => sink)
}

const ALL = { ...webhooks({ ops: {}, log: {} }), wechat_abot: { webhookSecret: SECRET } }
const EVERYWHERE = ['webhook:ops', 'webhook:log', 'wechat_abot']
const WEBHOOKS = ['webhook:ops', 'webhook:log']

describe('a message', () => {
  test('goes to everybody who wants it', () => {
    assert.deepEqual(sinksOf(ALL, RECEIVED), EVERYWHERE)
  })

  test('of a webhook never goes back to it, nor to the outbound one that is its channel', () => {
    const { webhooks: outgoing } = webhooks({ ops: {}, telegram: {}, log: {} }) as { webhooks: object }
    const inbound = { bot: { channel: 'telegram', secret: SECRET }, other: { secret: SECRET } }
    const config = { webhooks: { ...outgoing, inbound } }
    const from = (name: string) => received({ via: 'webhook', from: { address: { scheme: 'webhook', name }, name } })
    assert.deepEqual(sinksOf(config, from('bot')), ['webhook:ops', 'webhook:log'])
    assert.deepEqual(sinksOf(config, from('other')), ['webhook:ops', 'webhook:telegram', 'webhook:log'])
    // An inbound one that is gone from the configuration, whose name an outbound one has now.
    assert.deepEqual(sinksOf(config, from('ops')), ['webhook:telegram', 'webhook:log'])
  })

  const types: readonly (readonly [MessageType, readonly string[]])[] = [
    ['chat', EVERYWHERE],
    ['friend_request', EVERYWHERE],
    ['file', EVERYWHERE],
    ['system', WEBHOOKS],
    ['unparsed', WEBHOOKS],
    ['correction', WEBHOOKS],
  ]
  for (const [type, sinks] of types) {
    test(`of type ${type} goes to ${sinks.length === 3 ? 'webhooks and the plugin' : 'webhooks alone'}`, () => {
      assert.deepEqual(sinksOf(ALL, received({ type })), sinks)
    })
  }

  test('that we sent goes to webhooks alone, whatever came of it', () => {
    const to = { address: { scheme: 'relay', id: 2 }, name: 'bob' } as const
    assert.deepEqual(sinksOf(ALL, received({ via: 'send', to })), WEBHOOKS)
    assert.deepEqual(sinksOf(ALL, received({ via: 'send', to, flags: { state: 'refused' } })), WEBHOOKS)
  })

  test('that is a second copy, or history, is told to nobody', () => {
    assert.deepEqual(sinksOf(ALL, received({ mergedInto: 6 })), [])
    assert.deepEqual(sinksOf(ALL, received({ via: 'import' })), [])
  })
})

describe('a sink that a route names', () => {
  const named = (...routes: readonly object[]) => ({ ...ALL, routes })
  const to = { address: { scheme: 'relay', id: 3 }, name: 'carol' } as const

  test('gets what one of its routes lets through, and the others get everything', () => {
    const config = named({ from: '#3', to: 'webhook:ops' }, { from: 'webhook', to: 'webhook:ops' })
    assert.deepEqual(sinksOf(config, RECEIVED), ['webhook:log', 'wechat_abot'])
    const carols = received({ from: { address: { scheme: 'relay', id: 3 }, name: 'carol' } })
    assert.deepEqual(sinksOf(config, carols), EVERYWHERE)
  })

  test('gets what passes the filter', () => {
    const filter = { types: ['chat'], contains: 'HELL', except: ['#3'] }
    const config = named({ from: 'relay', to: 'wechat_abot', filter })
    assert.deepEqual(sinksOf(config, RECEIVED), EVERYWHERE)
    assert.deepEqual(sinksOf(config, received({ type: 'file' })), WEBHOOKS)
    assert.deepEqual(sinksOf(config, received({ content: 'other' })), WEBHOOKS)
    const carols = received({ from: { address: { scheme: 'relay', id: 3 }, name: 'carol' } })
    assert.deepEqual(sinksOf(config, carols), WEBHOOKS)
  })

  test('gets nothing that it does not want by itself', () => {
    const config = { ...named({ from: 'any', to: 'webhook:ops' }), ...webhooks({ ops: { events: ['message.sent'] } }) }
    assert.deepEqual(sinksOf(config, RECEIVED), ['wechat_abot'])
  })

  test('gets what we sent from everywhere only', () => {
    const sent = received({ via: 'send', to })
    assert.deepEqual(sinksOf(named({ from: 'any', to: 'webhook:ops' }), sent), WEBHOOKS)
    assert.deepEqual(sinksOf(named({ from: 'relay', to: 'webhook:ops' }), sent), ['webhook:log'])
  })

  test('gets events that are no messages as before', () => {
    const config = configOf(named({ from: '#3', to: 'webhook:ops' }))
    const event = { name: 'system.started', message: null } as const
    const names = sinksFor(
      event,
      routesOf(config, () => 'Owner@im.wechat'),
      originOf(event, config),
    ).map(({ sink }) => sink)
    assert.deepEqual(names, WEBHOOKS)
  })
})

describe('what somebody wrote who may not', () => {
  test('is told to nobody, and what we sent to no avail still is', () => {
    const from = { address: { scheme: 'wechat', account: 'main', user: 'x@im.wechat' }, name: '' } as const
    assert.deepEqual(sinksOf(ALL, received({ via: 'wechat', from, flags: { state: 'refused' } })), [])
    assert.deepEqual(sinksOf(ALL, received({ via: 'wechat', from, flags: { state: 'partial' } })), EVERYWHERE)
  })
})

describe('which event it is', () => {
  const to = { address: { scheme: 'relay', id: 3 }, name: 'carol' } as const
  const rows: readonly (readonly [string, Partial<StoredMessage>, readonly [string, string | null, string]])[] = [
    ['received', {}, ['message.received', null, 'relay:2']],
    ['received by nobody who is known', { from: null }, ['message.received', null, 'unverified']],
    ['received and not understood', { type: 'unparsed', from: null }, ['message.error', 'unparsed', 'unverified']],
    ['sent', { via: 'send', to }, ['message.sent', null, 'relay:3']],
    ['sent and refused', { via: 'send', to, flags: { state: 'refused' } }, ['message.error', 'refused', 'relay:3']],
    ['sent, nobody knows', { via: 'send', to, flags: { state: 'unknown' } }, ['message.error', 'unknown', 'relay:3']],
    ['not sent at all', { via: 'send', to, flags: { state: 'not_sent' } }, ['message.error', 'not_sent', 'relay:3']],
    [
      'a file that was sent',
      { via: 'send', to, type: 'file', flags: { attachment: 'a' } },
      ['message.sent', null, 'relay:3'],
    ],
    ['a correction', { type: 'correction', flags: { ref: '6' } }, ['message.received', null, 'relay:2']],
  ]
  for (const [name, change, [event, error, lane]] of rows) {
    test(name, () => assert.deepEqual(messageEvent(received(change)), { name: event, error, lane }))
  }

  for (const via of ['stream', 'poll', 'webhook', 'wechat'] satisfies Via[]) {
    test(`received by ${via}`, () => assert.equal(messageEvent(received({ via }))?.name, 'message.received'))
  }
})

describe('a message of WeChat', () => {
  const GROUP = '123@chatroom'

  function abot(fields: Readonly<Record<string, unknown>>): StoredMessage {
    const payload = Buffer.from(JSON.stringify({ MsgId: 1, Data: fields }))
    return received({ via: 'webhook', from: { address: abotAddress('wxid_a'), name: '' }, payload })
  }

  function inGroup(text: string, more: Readonly<Record<string, unknown>> = {}): StoredMessage {
    return abot({ FromUserName: { string: GROUP }, Content: { string: `wxid_a:\n${text}` }, ...more })
  }

  const MENTION = { MsgSource: '<msgsource><atuserlist><![CDATA[wxid_us]]></atuserlist></msgsource>' }
  const self = { ownId: 'wxid_us', ownNames: ['claw'] }
  const rows: readonly (readonly [string, object, StoredMessage, boolean])[] = [
    [
      'to us alone, whatever the rule for groups',
      { groups: { trigger: 'off' } },
      abot({ FromUserName: { string: 'wxid_a' } }),
      true,
    ],
    ['in a group, as usual', {}, inGroup('hello'), false],
    ['in a group, calling our id', {}, inGroup('hello', MENTION), true],
    ['in a group, calling our name', {}, inGroup('@claw\u2005hello'), true],
    ['in a group, calling somebody whose name begins with ours', {}, inGroup('@clawdia hello'), false],
    ['in a group from which everything is wanted', { groups: { trigger: 'all' } }, inGroup('hello'), true],
    ['in a group from which nothing is wanted', { groups: { trigger: 'off' } }, inGroup('@claw hello', MENTION), false],
    [
      'in a group with a rule of its own',
      { groups: { trigger: 'off', byGroup: { [GROUP]: 'all' } } },
      inGroup('x'),
      true,
    ],
    ['by somebody on the list', { groups: { trigger: 'allowlist', allowlist: ['wxid_a'] } }, inGroup('hello'), true],
    [
      'by somebody who is not on it',
      { groups: { trigger: 'allowlist', allowlist: ['wxid_b'] } },
      inGroup('@claw hi'),
      false,
    ],
  ]
  for (const [name, change, message, isPushed] of rows) {
    test(`${name}: ${isPushed ? 'pushed' : 'kept from the plugin, told to webhooks'}`, () => {
      const sections = { ...ALL, wechat_abot: { webhookSecret: SECRET, ...self, ...change } }
      assert.deepEqual(sinksOf(sections, message), isPushed ? EVERYWHERE : WEBHOOKS)
    })
  }

  function bodyOf(message: StoredMessage): string | undefined {
    const route = routesOf(configOf({ ...ALL, my_id: 1 }), () => null).find(({ sink }) => sink === 'wechat_abot')
    return route?.body && Buffer.from(route.body(message)).toString('utf8')
  }

  test('is pushed as it came, byte for byte', () => {
    const payload = Buffer.from('{ "NewMsgId":7773749793478223190, "a":"\\u4f60" }')
    assert.equal(bodyOf({ ...abot({}), payload }), payload.toString('utf8'))
  })

  test('one of the relay is pushed in the same shape, with its number for both ids', () => {
    assert.equal(
      bodyOf(received({ seq: 42, content: '你好\n"x"' })),
      '{"MsgId":42,"NewMsgId":42,"FromUserName":{"string":"#2"},"ToUserName":{"string":"#1"},"MsgType":1,' +
        '"Content":{"string":"你好\\n\\"x\\""},"CreateTime":1773050400}',
    )
  })

  test('and one whose sender nobody knows says so, in the place of a name', () => {
    assert.deepEqual(JSON.parse(bodyOf(received({ from: null })) ?? '')['FromUserName'], { string: 'unverified' })
  })
})
