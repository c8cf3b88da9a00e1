import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accepted } from '../../support/test-outbox.ts'
import {
  type Ask,
  delivered,
  fromDiscord,
  fromSlack,
  fromTelegram,
  noted,
  order,
  SECRETS,
  signed,
  startIntake,
} from './scene.ts'

const WORDS = 'private-words-e71f'
const SENDER = 'private-sender-0c2d'

test('no log and no row of requests holds a secret, a signature, a header or a word of anybody', async t => {
  const scene = startIntake(t, { reply: accepted })
  const now = scene.clock.now()
  const said = JSON.stringify({ user: SENDER, text: WORDS })
  const abot = JSON.stringify({ NewMsgId: 5, FromUserName: { string: SENDER }, Content: { string: WORDS } })
  const asks: [string, Ask][] = [
    ['/webhook/ops', signed(said)],
    ['/webhook/telegram', fromTelegram(said)],
    ['/webhook/slack', fromSlack(said, now)],
    ['/webhook/discord', fromDiscord(said, now)],
    ['/webhook/paused', signed(said)],
    ['/webhook/open', { body: said }],
    ['/im/inbound', delivered(abot)],
    ['/im/inbound', delivered(abot)],
    ['/im/inbound', delivered(WORDS)],
    ['/messages/send', order({ to: '#2', text: WORDS, requestId: 'seen-id' })],
    ['/messages/send', order({ to: '#2', text: `${WORDS}!`, requestId: 'seen-id' })],
    ['/messages/send', order({ to: 'wxid_a', text: WORDS, requestId: 'other-id' })],
    ['/messages/send', order({ to: SENDER, text: WORDS })],
  ]
  const bad = asks.map(([path, { headers = {}, ...ask }]): [string, Ask] => [
    path,
    { ...ask, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `${value}0`])) },
  ])
  const answers = []
  for (const [path, ask] of [...asks, ...bad]) {
    answers.push(await (path === '/messages/send' ? scene.send(ask) : scene.ask(path, ask)))
  }
  await noted()
  const rows = scene.writer.database.all('SELECT * FROM request_log')
  const told = [...scene.logs, ...scene.intakeLogs, JSON.stringify(rows), JSON.stringify(answers)].join('\n')
  assert.ok(rows.length > 20)
  const signatures = asks.flatMap(([, { headers = {} }]) => Object.entries(headers))
  const secrets = [
    ...Object.values(SECRETS),
    WORDS,
    SENDER,
    ...signatures.filter(([name]) => /signature|token|authorization/.test(name)).map(([, value]) => value),
  ]
  for (const secret of secrets) assert.ok(!told.includes(secret), secret)
})

test('one line says of each request what came of it', async t => {
  const scene = startIntake(t, { reply: accepted })
  await scene.send(order({ to: '#2', text: 'hi', requestId: 'seen-id' }))
  await scene.ask('/im/inbound', delivered('{"NewMsgId":5}'))
  await scene.ask('/im/inbound', delivered('{"NewMsgId":5}'))
  await scene.ask('/webhook/ops', { body: 'hi' })
  const lines = scene.intakeLogs.map(line => {
    const { time, level, msg, durationMs, ...facts } = JSON.parse(line) as Record<string, unknown>
    assert.deepEqual([level, msg, typeof durationMs], ['info', 'a request was answered', 'number'])
    return facts
  })
  const direction = 'in'
  assert.deepEqual(lines, [
    { intake: 'wechat_abot', direction, eventId: 'out_1', status: 'sent', httpStatus: 200, requestId: 'seen-id' },
    { intake: 'wechat_abot', direction, eventId: 'in_2', status: 'stored', httpStatus: 200 },
    { intake: 'wechat_abot', direction, eventId: 'in_2', status: 'duplicate', httpStatus: 200 },
    { intake: 'webhook:ops', direction, eventId: null, status: 'no_signature', httpStatus: 401 },
  ])
})
