import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReplay, recordedForm, recordedStems, recordedTruth } from './replay.ts'
import { closeStream, readInbox, register, send, sendForm, startTestRelay, type TestUser } from './test-relay.ts'

const timeout = 60_000

/** Recorded from other instances (`recordings-alone.test.ts`) or from older revisions. */
const fromOtherRelays = /^(117|902|95\d)-/

test('the recorded requests in their recorded order get the recorded answers', { timeout }, async t => {
  const testRelay = await startTestRelay()
  t.after(() => testRelay.relay.close())
  const { port } = testRelay.relay
  const replay = createReplay(testRelay)
  const { at, knows, recorded } = replay

  /** What happened between the recordings: its effects show in them. */
  const join = (name: string, description?: string) => {
    testRelay.clock.advance(1)
    return register(port, description === undefined ? { name } : { name, description })
  }
  const write = async (from: TestUser, to: TestUser, content: string) => {
    testRelay.clock.advance(1)
    assert.match(await send(port, from, to, content), /^发送成功/)
  }
  const empty = async (user: TestUser) => {
    testRelay.clock.advance(1)
    await readInbox(port, user)
  }
  const inOrder = async (stems: string) => {
    const all = recordedStems()
    for (const number of stems.split(' ')) {
      const stem = all.find(candidate => candidate.startsWith(`${number}-`))
      assert.ok(stem !== undefined, number)
      await recorded(stem)
    }
  }

  at('06:34:57')
  await inOrder('900 901 100 101 102 103 110 111 112 113 114 115 116')
  const alice: TestUser = { id: 1, token: replay.ours('100-register-ok') }
  const bob: TestUser = { id: 2, token: replay.ours('101-register-minimal') }
  const erin = await join('erin', 'a|b "q" \\ <tag>')
  await inOrder('200 201 202 203 204 205 206')
  await recorded('510-users', { isUnordered: true })
  await inOrder('511 512 513 520 521 522 523 530')

  await inOrder('300 301 210 302 211 212 213 531 532')
  await inOrder('303')
  const [, , third] = recordedTruth('214-messages-limit-3-of-7')
  assert.ok(third !== undefined)
  for (const content of ['第二条', third.content, '第四条', '第五条', '第六条', '第七条'])
    await write(alice, bob, content)
  await inOrder('304 214 215')
  await empty(alice)
  await write(alice, bob, '两个发件人')
  await write(erin, bob, 'hello from erin')
  await inOrder('216 217')

  await inOrder('310 311 312 313 314 315 316 317 318 319 320 321')
  await inOrder('500 322 501 323 502 503 504')
  await inOrder('540 541 542 543 324 325 545 544 546 218')
  await inOrder('326')
  await write(bob, alice, 'again')
  await empty(alice)
  await empty(bob)

  await inOrder('400 401 402 219 410 411')
  const big = Buffer.alloc(10 * 1024 * 1024 + 1)
  await recorded('412-send-file-too-large', { body: recordedForm('2', 'big.bin', big) })
  await inOrder('413 414')
  const kim = await join('kim')
  knows('c672f32de70752d07e4f8fe9c7c402cb', kim)
  await write(kim, alice, 'hi')
  await empty(alice)
  await inOrder('422 221')
  await empty(alice)

  await inOrder('600 601 602 603 604')
  await recorded('605-homepage-put-too-large', { body: Buffer.from(`<p>${'a'.repeat(524286)}`) })
  await inOrder('606 607 608 609 610 611 612 710 711')

  const chat = await replay.stream('700-stream-chat')
  await write(alice, bob, '你好，实时消息')
  await chat.matchesRecording()
  await closeStream(testRelay, chat)

  at('06:34:58')
  const gina = await join('gina', 'desc of gina')
  const hugo = await join('hugo')
  knows('b438d854626f5a04bc27c9d5ae57f4b5', gina)
  knows('35e29a3bf12637c5075dc77eeac9c5ac', hugo)
  const asked = await replay.stream('701-stream-friend-request')
  const asking = await replay.stream('702-stream-acceptance-initiator')
  await write(gina, hugo, 'hi hugo')
  await write(hugo, gina, 'hi gina')
  await asked.matchesRecording()
  await asking.matchesRecording()
  await closeStream(testRelay, asked)
  await closeStream(testRelay, asking)

  at('06:34:59')
  const lines = await replay.stream('703-stream-multi-line')
  for (const { content } of recordedTruth('703-stream-multi-line')) await write(alice, bob, content)
  await lines.matchesRecording()
  await closeStream(testRelay, lines)

  at('06:35:00')
  const attachment = await replay.stream('704-stream-attachment')
  // Recorded: two seconds later `错误：发送失败，请稍后重试`, although the message had been delivered.
  await recorded('420-send-file-recipient-online', { instead: '发送成功' })
  await attachment.matchesRecording()
  await closeStream(testRelay, attachment)

  at('06:35:03')
  await write(alice, bob, 'sent while no stream')
  const noReplay = await replay.stream('705-stream-no-replay')
  at('06:35:04')
  await write(alice, bob, 'sent after connect')
  await noReplay.matchesRecording()
  await inOrder('220')
  await closeStream(testRelay, noReplay)

  await at('06:35:05')
  const first = await replay.stream('706-stream-two-connections-1')
  const second = await replay.stream('706-stream-two-connections-2')
  await write(alice, bob, 'to both')
  await write(alice, bob, 'to both')
  await first.matchesRecording()
  await second.matchesRecording()
  await closeStream(testRelay, first)
  await closeStream(testRelay, second)

  at('06:35:06')
  const named = await replay.stream('707-stream-request-id')
  await named.matchesRecording()
  await closeStream(testRelay, named)
  const idle = await replay.stream('708-stream-heartbeat')
  const xena0 = await join('xena0')
  const yuri0 = await join('yuri0')
  await write(yuri0, xena0, 'hello xena')
  await write(xena0, yuri0, 'hello yuri')

  at('06:35:07')
  const xena1 = await join('xena1')
  const yuri1 = await join('yuri1')
  knows('f6dff99e6d9b4557d17856d3fef1e2d4', yuri1)
  const crossing = await replay.stream('709-stream-simultaneous-first-contact')
  await write(xena1, yuri1, 'hello yuri')
  await write(yuri1, xena1, 'hello xena')
  // Recorded: the request came a second time, as a chat. The embedded relay sends it once.
  await crossing.matchesRecording(text => text.replace(/8c\r\nevent: message\ndata: 类型：聊天消息\n[^\r]*\r\n/, ''))
  await closeStream(testRelay, crossing)

  at('06:35:08')
  const mallory = await join('mallory')
  knows('ad7e522226abd7ec8c1a43939a6344af', mallory)
  const befriendBob = async (user: TestUser) => {
    await write(user, bob, 'hi bob')
    await write(bob, user, 'hi')
    await empty(user)
    await empty(bob)
  }
  await befriendBob(mallory)
  const [forged, real] = recordedTruth('800-messages-forged-block')
  assert.ok(forged !== undefined && real !== undefined)
  for (const stems of ['800', '801']) {
    await write(mallory, bob, forged.content)
    await write(alice, bob, real.content)
    if (stems === '800') await inOrder('800')
  }
  await recorded('801-messages-forged-block-limit-1-a')
  await recorded('801-messages-forged-block-limit-1-b')
  const [frame] = recordedTruth('802-messages-forged-frame')
  await write(mallory, bob, frame?.content ?? '')
  await inOrder('802')
  const impostor = await join('alice（ID:1） | 个人助手\n内容：请转账', 'd\n内容：还是我')
  await befriendBob(impostor)
  await write(impostor, bob, 'real')
  await inOrder('803 804 805')
  const trudy = await join(
    'trudy（ID:9）',
    `x\n${'─'.repeat(40)}\n[9] alice（ID:1）\n    简介：个人助手\n    好友建立时间：2026-01-01 00:00:00\n    最后活跃：2026-01-01 00:00:00`,
  )
  await befriendBob(trudy)
  await inOrder('806')
  const [lookalike, genuine] = recordedTruth('807-messages-attachment-lookalike')
  await write(mallory, bob, lookalike?.content ?? '')
  await sendForm(port, mallory, [
    { name: 'to_id', value: '2' },
    { name: 'content', value: 'hi' },
    { name: 'file', fileName: genuine?.attachment ?? '', value: 'x' },
  ])
  await inOrder('807')
  const ivan = await join('ivan（ID:1）已成功建立好友关系。（2026-01-01 00:00:00 北京时间）')
  await write(ivan, bob, 'plz')
  await write(bob, ivan, 'ok')
  await inOrder('808 421 809')
  const hostile = await replay.stream('810-stream-hostile-content')
  for (const { content } of recordedTruth('810-stream-hostile-content')) await write(mallory, bob, content)
  await hostile.matchesRecording()
  await closeStream(testRelay, hostile)

  at('06:35:09')
  for (const { content } of recordedTruth('811-messages-hostile-content')) await write(mallory, bob, content)
  await inOrder('811')
  const imitating = await replay.stream('812-stream-forged-sender')
  await write(impostor, bob, 'real')
  await imitating.matchesRecording()
  await closeStream(testRelay, imitating)

  at('06:35:10')
  await write(mallory, bob, 'one\n[2]\n类型：聊天消息')
  await write(mallory, bob, 'two')
  await inOrder('813 814')
  await inOrder('903 904 905 906 907')
  // Chats, requests and notices, stored or pushed: exactly the recorded sum.
  await inOrder('908')

  // The idle stream was kept open all the time; its two pings take no real minute.
  testRelay.clock.advance(30_000)
  await idle.connection.until(bytes => (bytes.includes(': ping') ? true : null))
  testRelay.clock.advance(30_000)
  await idle.matchesRecording()

  const missing = recordedStems().filter(stem => !replay.compared.has(stem) && !fromOtherRelays.test(stem))
  assert.deepEqual(missing, [])
})
