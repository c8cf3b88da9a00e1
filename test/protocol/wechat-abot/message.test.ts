import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  type AbotMessage,
  buildAbotMessage,
  passesTrigger,
  readAbotMessage,
} from '../../../scripts/protocol/wechat-abot/message.ts'
import { hostileText } from '../../support/arbitraries.ts'
import { GROUP, inGroup, PRIVATE, read } from './samples.ts'

const HUGE = '7773749793478223190'

describe('a message of WeChat', () => {
  const expected: AbotMessage = {
    kind: 'message',
    account: 'wxid_me',
    msgId: '12345',
    newMsgId: '678',
    key: 'wxid_me/678',
    from: 'wxid_a',
    to: 'wxid_me',
    isGroup: false,
    sender: 'wxid_a',
    text: '你好',
    type: 1,
    at: '2026-03-15T10:30:00Z',
    mentions: [],
  }

  test('is read with what is in Data', () => {
    assert.deepEqual(read(PRIVATE), expected)
  })

  test('is read with everything at the root', () => {
    assert.deepEqual(read(PRIVATE.Data), expected)
  })

  test('is read where its strings are not wrapped', () => {
    const plain = { ...PRIVATE.Data, FromUserName: 'wxid_a', ToUserName: 'wxid_me', Content: '你好' }
    assert.deepEqual(read(plain), expected)
  })

  test('is read behind a byte order mark', () => {
    assert.deepEqual(read(`\ufeff${JSON.stringify(PRIVATE)}`), expected)
  })

  test('may say next to nothing, as the agreed one does', () => {
    const agreed = `{"Data":{"MsgId":12345,"NewMsgId":${HUGE},"Content":{"string":"wxid_a:\\n你好"}}}`
    const silent = { account: '', from: '', to: '', sender: null, type: null, at: null }
    const ids = { newMsgId: HUGE, key: `/${HUGE}` }
    assert.deepEqual(read(agreed), { ...expected, ...silent, ...ids, text: 'wxid_a:\n你好' })
    assert.deepEqual(read('{}'), { ...expected, ...silent, msgId: null, newMsgId: null, key: null, text: '' })
  })

  for (const [value, at] of [
    [1773570600, '2026-03-15T10:30:00Z'],
    ['1773570600', '2026-03-15T10:30:00Z'],
    [253402300799, '9999-12-31T23:59:59Z'],
    [253402300800, null],
    [1773570600000, null],
    [0, null],
    [-1, null],
    [1.5, null],
    ['', null],
    [null, null],
  ] as const) {
    test(`of ${JSON.stringify(value)} has ${at ?? 'no time'}`, () => {
      assert.equal(read({ CreateTime: value }).at, at)
    })
  }
})

describe('what is no message', () => {
  for (const [text, kind] of [
    ['', 'empty'],
    [' ', 'not_json'],
    ['hello', 'not_json'],
    ['{"Data":', 'not_json'],
    ['[]', 'not_json'],
    ['"{}"', 'not_json'],
    ['null', 'not_json'],
    ['1', 'not_json'],
  ] as const) {
    test(`is said to be ${kind}: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(readAbotMessage(Buffer.from(text)), { kind })
    })
  }
})

describe('the ids', () => {
  test('keep all their digits, beyond those of numbers too', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 64n }), fc.bigInt({ min: -(2n ** 63n), max: -1n }), (a, b) => {
        const { msgId, newMsgId, key } = read(`{"ToUserName":"me","Data":{"NewMsgId": ${a},"MsgId" :${b} }}`)
        assert.deepEqual([newMsgId, msgId, key], [`${a}`, `${b}`, `me/${a}`])
      }),
      { numRuns: 200 },
    )
  })

  for (const [json, key] of [
    [`{"NewMsgId":"${HUGE}","MsgId":5}`, `/${HUGE}`],
    ['{"MsgId":5}', '/5'],
    ['{"Data":{"MsgId":5},"NewMsgId":6}', '/6'],
    ['{"NewMsgId":7,"Data":{"NewMsgId":6}}', '/6'],
    ['{"NewMsgId":6,"Data":"x"}', '/6'],
    ['{"NewMsgId":0,"MsgId":5}', '/5'],
    ['{"NewMsgId":null,"MsgId":5}', '/5'],
    ['{"NewMsgId":6,"NewMsgId":7}', '/7'],
    ['{"Data":{"NewMsgId":6},"Data":{"NewMsgId":7}}', '/7'],
    ['{"Data":{"Content":{"NewMsgId":6}}}', null],
    ['{"NewMsgId":1.5}', null],
    ['{"NewMsgId":1e3}', null],
    ['{"NewMsgId":"abc"}', null],
    ['{"NewMsgId":"007"}', null],
    ['{"NewMsgId":{"string":"6"}}', null],
    [`{"NewMsgId":${'9'.repeat(41)}}`, null],
    ['{"NewMsgId":0,"MsgId":-0}', null],
  ] as const) {
    test(`make the key ${key}: ${json.slice(0, 60)}`, () => {
      assert.equal(read(json).key, key)
    })
  }

  test('make no key with an account that is none', () => {
    assert.equal(read({ ToUserName: 'x'.repeat(257), MsgId: 5 }).key, null)
  })

  test('tell accounts apart', () => {
    assert.notEqual(read({ ToUserName: 'a', MsgId: 5 }).key, read({ ToUserName: 'b', MsgId: 5 }).key)
  })
})

describe('the content of a group', () => {
  for (const [content, sender, text] of [
    ['wxid_a:\n你好', 'wxid_a', '你好'],
    ['wxid_a:\n', 'wxid_a', ''],
    ['25984@openim:\na:\nb', '25984@openim', 'a:\nb'],
    [`${'x'.repeat(64)}:\nb`, 'x'.repeat(64), 'b'],
    [`${'x'.repeat(65)}:\nb`, null, `${'x'.repeat(65)}:\nb`],
    ['two words:\nb', null, 'two words:\nb'],
    ['line\nwxid_a:\nb', null, 'line\nwxid_a:\nb'],
    [':\nb', null, ':\nb'],
    ['wxid_a: b', null, 'wxid_a: b'],
    ['wxid_a:', null, 'wxid_a:'],
    ['', null, ''],
  ] as const) {
    test(`begins with its sender, if that can be one: ${JSON.stringify(content).slice(0, 40)}`, () => {
      const message = inGroup(content)
      assert.deepEqual([message.isGroup, message.from, message.sender, message.text], [true, GROUP, sender, text])
    })
  }

  test('that we wrote on another device has no sender in it', () => {
    const own = { FromUserName: 'wxid_me', ToUserName: GROUP, Content: 'wxid_a:\nquoted' }
    const { isGroup, sender, text } = read(own)
    assert.deepEqual([isGroup, sender, text], [true, 'wxid_me', 'wxid_a:\nquoted'])
  })

  test('is the only one that is split', () => {
    const own = { FromUserName: 'wxid_a', ToUserName: 'wxid_me', Content: 'wxid_b:\nhello' }
    const { isGroup, sender, text } = read(own)
    assert.deepEqual([isGroup, sender, text], [false, 'wxid_a', 'wxid_b:\nhello'])
  })

  for (const [source, mentions] of [
    ['<msgsource><atuserlist>wxid_me</atuserlist></msgsource>', ['wxid_me']],
    ['<msgsource><atuserlist><![CDATA[wxid_b,wxid_me]]></atuserlist></msgsource>', ['wxid_b', 'wxid_me']],
    ['<atuserlist> ,wxid_b, wxid_me,</atuserlist>', ['wxid_b', 'wxid_me']],
    ['<atuserlist></atuserlist>', []],
    ['<atuserlist>wxid_me', []],
    ['</atuserlist>wxid_me<atuserlist>', []],
    ['nothing before wxid_b,wxid_me</atuserlist>', []],
    ['</atuserlist><atuserlist>wxid_me</atuserlist>', ['wxid_me']],
    ['wxid_me', []],
  ] as const) {
    test(`names whom it calls: ${source}`, () => {
      assert.deepEqual(inGroup('wxid_a:\nx', source).mentions, mentions)
    })
  }
})

describe('a message from elsewhere', () => {
  const message = { from: 'relay:2', to: 'relay:1', text: 'a "b"\n你好', atSeconds: 1773570600 }
  const rest =
    '"FromUserName":{"string":"relay:2"},"ToUserName":{"string":"relay:1"},"MsgType":1,' +
    '"Content":{"string":"a \\"b\\"\\n你好"},"CreateTime":1773570600}'

  test('has the shape of WeChat’s, with its ids as digits', () => {
    assert.equal(Buffer.from(buildAbotMessage({ id: 7, ...message })).toString(), `{"MsgId":7,"NewMsgId":7,${rest}`)
    const huge = Buffer.from(buildAbotMessage({ id: HUGE, ...message })).toString()
    assert.equal(huge, `{"MsgId":${HUGE},"NewMsgId":${HUGE},${rest}`)
  })

  test('is whole whatever its id is', () => {
    for (const id of ['007', '', '1,"x":2', 'a"b', '1e3', '-1', '\ud800']) {
      const built = JSON.parse(Buffer.from(buildAbotMessage({ id, ...message })).toString()) as { MsgId: unknown }
      assert.equal(built.MsgId, id.toWellFormed())
    }
  })

  test('is read as it was written', () => {
    fc.assert(
      fc.property(hostileText(), fc.bigInt({ min: 1n, max: 2n ** 64n }), fc.nat(), (text, id, atSeconds) => {
        const built = buildAbotMessage({ id: `${id}`, from: 'wxid_a', to: 'wxid_me', text, atSeconds: atSeconds + 1 })
        const { msgId, newMsgId, from, to, text: found, at } = read(Buffer.from(built).toString())
        assert.deepEqual([msgId, newMsgId, from, to], [`${id}`, `${id}`, 'wxid_a', 'wxid_me'])
        assert.equal(found, text.toWellFormed())
        assert.equal(Date.parse(at ?? ''), (atSeconds + 1) * 1000)
      }),
      { numRuns: 300 },
    )
  })
})

test('whatever is pushed is read without complaint', () => {
  const names = fc.constantFrom(
    'Data',
    'MsgId',
    'NewMsgId',
    'FromUserName',
    'ToUserName',
    'Content',
    'MsgSource',
    'CreateTime',
    'string',
    '__proto__',
  )
  const leaf = fc.oneof(
    hostileText(),
    fc.double(),
    fc.constantFrom(GROUP, null, 1773570600, 'wxid_a:\nx', '<atuserlist>,</atuserlist>'),
  )
  const { node } = fc.letrec(tie => ({
    node: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.dictionary(names, tie('node'), { maxKeys: 5 }),
      fc.array(tie('node'), { maxLength: 2 }),
    ),
  }))
  const body = fc.oneof(
    node.map(value => Buffer.from(JSON.stringify(value))),
    fc.uint8Array({ maxLength: 100 }),
    hostileText().map(Buffer.from),
  )
  fc.assert(
    fc.property(body, bytes => {
      const reading = readAbotMessage(bytes)
      if (reading.kind !== 'message') return
      assert.ok(reading.key === null || /\/-?[1-9]\d{0,39}$/.test(reading.key))
      passesTrigger(reading, { trigger: 'mention', byGroup: {}, allowlist: [] }, { ownId: 'a', ownNames: ['b'] })
    }),
    { numRuns: 1000 },
  )
})

describe('a megabyte', () => {
  const half = 500_000
  for (const [what, text] of [
    ['lists within lists', `{"Data":{"MsgId":5,"x":${'['.repeat(half)}${']'.repeat(half)}}}`],
    ['objects within objects', `${'{"Data":'.repeat(half / 5)}0${'}'.repeat(half / 5)}`],
    ['members', `{${Array.from({ length: half / 5 }, (_, i) => `"${i}":1`).join(',')},"MsgId":5}`],
    ['calls', JSON.stringify({ FromUserName: GROUP, Content: '@Bot'.repeat(half / 3), MsgId: 5 })],
  ] as const) {
    test(`of ${what} is read to its end`, () => {
      const message = read(text)
      assert.equal(message.msgId, what === 'objects within objects' ? null : '5')
      passesTrigger(message, { trigger: 'mention', byGroup: {}, allowlist: [] }, { ownId: 'a', ownNames: ['Bot'] })
    })
  }
})
