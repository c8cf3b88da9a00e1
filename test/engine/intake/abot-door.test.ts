import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dueMessages } from '../../../scripts/store/messages.ts'
import { ABOT, delivered, noted, SECRETS, startIntake } from './scene.ts'

function message(id: string, content: string, { from = 'wxid_a', to = 'wxid_me', type = 1 } = {}): string {
  return `{"Data":{"MsgId":1,"NewMsgId":${id},"FromUserName":{"string":${JSON.stringify(from)}},"ToUserName":{"string":"${to}"},"MsgType":${type},"Content":{"string":${JSON.stringify(content)}},"CreateTime":1773050400}}`
}

describe('what the WeChat side delivers', () => {
  test('becomes a message of whoever wrote it, with the bytes as they came', async t => {
    const scene = startIntake(t)
    const body = message('7773749793478223190', 'a:\n你好')
    assert.deepEqual(await scene.ask('/im/inbound', delivered(body)), {
      status: 200,
      body: { ok: true, eventId: 'in_1', duplicate: false },
    })
    const [stored] = dueMessages(scene.writer.database, 0, 10)
    assert.deepEqual(stored?.from?.address, { scheme: 'wechat', account: 'abot', user: 'wxid_a' })
    assert.equal(stored?.content, 'a:\n你好')
    assert.equal(stored?.at, '2026-03-09T10:00:00Z')
    assert.equal(stored?.via, 'webhook')
    assert.equal(Buffer.from(stored?.payload ?? []).toString(), body)
  })

  test('in a group is the group’s, without the sender in front, who stands beside it', async t => {
    const scene = startIntake(t)
    await scene.ask('/im/inbound', delivered(message('2', 'wxid_b:\nhello', { from: '12@chatroom' })))
    await scene.ask('/im/inbound', delivered(message('3', 'no sender here', { from: '12@chatroom' })))
    await scene.ask('/im/inbound', delivered(message('4', '<msg/>', { from: 'wxid_a', type: 3 })))
    assert.deepEqual(
      scene.taken().map(({ peer, content, flags }) => [peer, content, flags]),
      [
        ['wechat:abot/12@chatroom', 'hello', '{"sender":"wxid_b"}'],
        ['wechat:abot/12@chatroom', 'no sender here', '{}'],
        ['wechat:abot/wxid_a', '<msg/>', '{"msgtype":"3"}'],
      ],
    )
  })

  test('that we wrote ourselves from elsewhere into a group is the group’s too', async t => {
    const scene = startIntake(t)
    await scene.ask('/im/inbound', delivered(message('5', 'from my phone', { from: 'wxid_me', to: '12@chatroom' })))
    assert.equal(scene.taken()[0]?.peer, 'wechat:abot/12@chatroom')
  })

  test('says the same as another one, in the same second, and is shown all the same: ids tell copies, words do not', async t => {
    const scene = startIntake(t)
    await scene.ask('/im/inbound', delivered(message('6', 'ok')))
    await scene.ask('/im/inbound', delivered(message('7', 'ok')))
    assert.deepEqual(
      dueMessages(scene.writer.database, 0, 10).map(one => one.repeatsEarlier),
      [false, false],
    )
  })

  test('is the same message when its id is the same to the last digit, beyond 2^53 too', async t => {
    const scene = startIntake(t)
    const ids = ['9007199254740993', '9007199254740992', '7773749793478223190', '7773749793478223000']
    for (const [i, id] of ids.entries()) {
      const answer = await scene.ask('/im/inbound', delivered(message(id, 'ok')))
      assert.deepEqual(answer.body, { ok: true, eventId: `in_${i + 1}`, duplicate: false })
    }
    for (const [i, id] of ids.entries()) {
      const answer = await scene.ask('/im/inbound', delivered(message(id, 'something else')))
      assert.deepEqual(answer, { status: 200, body: { ok: true, eventId: `in_${i + 1}`, duplicate: true } })
    }
    assert.equal(scene.taken().length, ids.length)
    await noted()
    assert.deepEqual(
      scene.requestsOf('wechat_abot').map(({ eventId, ok, error }) => [eventId, ok, error]),
      [...ids.map((_, i) => [`in_${i + 1}`, true, null]), ...ids.map((_, i) => [`in_${i + 1}`, true, 'duplicate'])],
    )
  })

  test('twice at once is stored once', async t => {
    const scene = startIntake(t)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => scene.ask('/im/inbound', delivered(message('5', 'ok')))),
    )
    assert.deepEqual(
      answers.map(({ body }) => body['duplicate']),
      [false, ...Array.from({ length: 19 }, () => true)],
    )
    assert.ok(answers.every(({ body }) => body['eventId'] === 'in_1'))
    assert.equal(scene.taken().length, 1)
  })

  test('without any id is new each time, whatever it says', async t => {
    const scene = startIntake(t)
    const body = '{"FromUserName":{"string":"wxid_a"},"Content":{"string":"ok"}}'
    for (let i = 1; i <= 3; i++) {
      const { body: answer } = await scene.ask('/im/inbound', delivered(body))
      assert.deepEqual(answer, { ok: true, eventId: `in_${i}`, duplicate: false })
    }
  })

  test('from nobody, or from an id that is none, is shown as unverified', async t => {
    const scene = startIntake(t)
    await scene.ask('/im/inbound', delivered('{"Content":{"string":"who am I"}}'))
    await scene.ask('/im/inbound', delivered(message('6', 'hi', { from: 'x'.repeat(257) })))
    assert.deepEqual(
      scene.taken().map(({ peer, content }) => [peer, content]),
      [
        [null, 'who am I'],
        [null, 'hi'],
      ],
    )
  })

  test('is taken unsigned where no intake secret is set', async t => {
    const scene = startIntake(t, { sections: { wechat_abot: { botToken: SECRETS.bot } } })
    assert.equal((await scene.ask('/im/inbound', { body: message('7', 'hi') })).status, 200)
  })
})

describe('what is refused', () => {
  const good = delivered(message('8', 'hi'))
  const cases = [
    ['an empty body', delivered(''), 400, 'empty_body'],
    ['an empty body, unsigned', {}, 400, 'empty_body'],
    ['no JSON', delivered('hello'), 400, 'bad_json'],
    ['no JSON object', delivered('[1]'), 400, 'bad_json'],
    ['half of it', delivered('{"MsgId":1'), 400, 'bad_json'],
    ['no signature', { body: good.body ?? '' }, 401, 'unauthorized'],
    ['another body under the same signature', { ...good, body: message('8', 'ho') }, 401, 'unauthorized'],
    ['another secret', delivered(message('8', 'hi'), SECRETS.hook), 401, 'unauthorized'],
    ['more than a megabyte', delivered(message('8', 'x'.repeat(1024 * 1024))), 413, 'too_large'],
  ] as const
  for (const [what, ask, status, error] of cases) {
    test(`${what}: ${status} ${error}`, async t => {
      const scene = startIntake(t)
      const answer = await scene.ask('/im/inbound', ask)
      assert.deepEqual([answer.status, answer.body['error']], [status, error])
      assert.deepEqual(scene.taken(), [])
      await noted()
      assert.deepEqual(
        scene.requestsOf('wechat_abot').map(({ httpStatus, ok }) => [httpStatus, ok]),
        [[status, false]],
      )
    })
  }

  test('a weak intake secret: nothing is taken in with it', async t => {
    for (const intakeSecret of ['change_me', 'short', 'replace_with_a_secret']) {
      const scene = startIntake(t, { sections: { wechat_abot: { ...ABOT, intakeSecret } } })
      const answer = await scene.ask('/im/inbound', delivered(message('8', 'hi'), intakeSecret))
      assert.deepEqual([answer.status, answer.body['error']], [503, 'unavailable'])
      assert.deepEqual(scene.taken(), [])
    }
  })

  test('an address that is not on the list: 403, whatever it claims to forward for', async t => {
    const scene = startIntake(t, { sections: { wechat_abot: { ...ABOT, allowedIps: ['10.1.2.3', '::1'] } } })
    for (const [remoteAddress, status] of [
      ['10.1.2.3', 200],
      ['::ffff:10.1.2.3', 200],
      ['::1', 200],
      ['127.0.0.1', 403],
      ['10.1.2.30', 403],
      ['', 403],
    ] as const) {
      const headers = { ...good.headers, 'x-forwarded-for': '10.1.2.3', forwarded: 'for=10.1.2.3' }
      assert.equal((await scene.ask('/im/inbound', { ...good, headers, remoteAddress })).status, status, remoteAddress)
    }
  })

  test('everything while wechat_abot is switched off: 404', async t => {
    const scene = startIntake(t, { sections: { wechat_abot: { ...ABOT, enabled: false } } })
    for (const path of ['/im/inbound', '/messages/send', '/api/messages/send']) {
      assert.equal((await scene.ask(path, good)).status, 404)
    }
  })
})
