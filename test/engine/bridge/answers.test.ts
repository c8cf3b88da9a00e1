import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { NOT_CONNECTED, WHICH_ONE } from '../../../scripts/protocol/bridge/texts.ts'
import { rememberAlso } from '../../../scripts/store/known-ids.ts'
import type { Writer } from '../../../scripts/store/writer.ts'
import { ME, runBridge, TO_RELAY, type WorldOptions } from './world.ts'

async function world(t: TestContext, options: WorldOptions = {}) {
  const made = runBridge(t, options)
  await made.quiet()
  return made
}

/** Where nothing is told, so that what is sent to the phone are answers alone. */
const answersOnly = { routes: [TO_RELAY] }

/** The server said what it calls that message. */
function name(writer: Writer, id: string, seq: number): Promise<void> {
  const at = '2026-03-09T10:00:00Z'
  return writer.write(database =>
    rememberAlso(database, { source: 'wechat:main', account: 'wechat:main', ids: [`ref:${id}`], seq, at }),
  )
}

describe('an answer that quotes a notice', () => {
  test('goes to whoever the notice told of', async t => {
    const { relay, phone, toRelay, toPhone, lastSeqTo, isAside, requests } = await world(t)
    await relay(2, 'are you there?')
    const seq = await phone('yes', { flags: { quote: 'are you there?', quote_seq: String(lastSeqTo(ME)) } })
    assert.deepEqual([toRelay(2), toPhone().length], [['yes'], 1])
    assert.equal(isAside(seq), true)
    assert.equal(requests().at(-1), `bridge-in:${seq}`)
  })

  async function ofTwo(t: TestContext) {
    const made = await world(t)
    const { receive, quiet, lastSeqTo } = made
    await receive({ source: 'relay', from: 'relay:2', name: 'bob', text: 'lunch today?\nor tomorrow' })
    await receive({ source: 'relay', from: 'relay:3', name: 'carol', text: 'report is late, lunch' })
    await quiet()
    const answer = (text: string, quote: string) =>
      made.phone(text, { flags: { quote, quote_seq: String(lastSeqTo(ME)) } })
    return { ...made, answer }
  }

  test('of two people goes to the one whose words were marked', async t => {
    const { answer, toRelay, toPhone } = await ofTwo(t)
    await answer('sure', 'today?')
    assert.deepEqual([toRelay(2), toRelay(3), toPhone().length], [['sure'], [], 1])
  })

  test('of two people, whole or in words of both, goes to nobody, and that is said', async t => {
    const { answer, toRelay, toPhone } = await ofTwo(t)
    const [notice = ''] = toPhone()
    for (const quote of [notice, `${notice.slice(0, 40)}…`, 'lunch', 'tomorrow\n\ncarol', '', 'words of nobody']) {
      await answer('yes', quote)
      assert.deepEqual([toRelay(2), toRelay(3)], [[], []], quote)
      // What came after the notice is the answer.
      assert.equal(toPhone().at(-1), WHICH_ONE.en)
    }
  })

  test('of two people goes to the one who is named', async t => {
    const { answer, toRelay } = await ofTwo(t)
    await answer('@carol I know', 'lunch')
    assert.deepEqual([toRelay(2), toRelay(3)], [[], ['I know']])
  })

  test('by its words alone goes there too, when they fit one person', async t => {
    const { relay, phone, toRelay, toPhone } = await world(t)
    await relay(2, 'are you there?')
    await relay(3, 'are you here?')
    await phone('one', { flags: { quote: 'bob #2: are you there?' } })
    await phone('two', { flags: { quote: 'you here' } })
    assert.deepEqual([toRelay(2), toRelay(3)], [['one'], ['two']])
    await phone('three', { flags: { quote: 'are you' } })
    assert.deepEqual([toRelay(2).length, toRelay(3).length, toPhone().at(-1)], [1, 1, WHICH_ONE.en])
  })

  test('by words that the agent has said is for the agent, or asked about', async t => {
    const { relay, phone, quiet, toRelay, toPhone, isAside, writer, clock } = await world(t)
    await relay(2, 'the report is done')
    const said = (content: string) =>
      writer.write(database =>
        database.run(
          `INSERT INTO messages (source, account, via, received_at, at, type, peer, recipient, content, state)
           VALUES ('wechat:main', 'wechat:main', 'send', ?1, ?1, 'chat', 'relay:1', ?2, ?3, 'final')`,
          new Date(clock.now()).toISOString(),
          ME,
          content,
        ),
      )
    await said('I am done')
    await quiet()
    assert.equal(isAside(await phone('thanks', { flags: { quote: 'I am done' } })), false)
    assert.equal(isAside(await phone('thanks', { flags: { quote: 'done' } })), true)
    assert.deepEqual([toRelay(2), toPhone().at(-1)], [[], WHICH_ONE.en])
  })

  test('by an id that is not known yet waits until the notice has it', async t => {
    const { relay, phone, onSend, entries, settle, quiet, writer, toRelay, isAside } = await world(t)
    onSend(null)
    await relay(2, 'are you there?')
    const answer = await phone('yes', { flags: { quote: 'unknown', quote_id: '77' } })
    const next = await phone('@carol and you?')
    assert.deepEqual([toRelay(2), toRelay(3)], [[], []])
    const [notice] = entries()
    assert.ok(notice)
    const seq = await settle(notice, 'accepted')
    await name(writer, '77', seq)
    await quiet()
    assert.deepEqual([toRelay(2), toRelay(3)], [['yes'], ['and you?']])
    assert.deepEqual([isAside(answer), isAside(next)], [true, true])
  })

  test('by an id that is never known is asked about where a notice has none, and otherwise is for the agent', async t => {
    const made = await world(t, { isNamed: false })
    const { relay, phone, onSend, settle, entries, quiet, toRelay, toPhone, isAside, writer } = made
    onSend(null)
    await relay(2, 'are you there?')
    const flags = { quote: 'unknown', quote_id: '77' }
    const seq = await phone('yes', { flags })
    await quiet(31_000)
    // Nobody can tell yet whether the notice is on the phone, and what it is called there.
    assert.equal(isAside(seq), false)
    const [notice] = entries()
    assert.ok(notice)
    const shown = await settle(notice, 'accepted')
    await phone('yes again', { flags })
    assert.deepEqual([toRelay(2), toPhone().at(-1)], [[], WHICH_ONE.en])
    await name(writer, '78', shown)
    assert.equal(isAside(await phone('for the agent', { flags })), false)
  })

  test('that is no notice, or one that somebody else got, is for the agent', async t => {
    const { relay, phone, toRelay, lastSeqTo, isAside } = await world(t)
    const seq = await relay(2, 'hello')
    const other = 'wechat:main/other@im.wechat'
    assert.equal(isAside(await phone('a', { flags: { quote: 'hello', quote_seq: String(seq) } })), false)
    const notice = String(lastSeqTo(ME))
    assert.equal(isAside(await phone('b', { from: other, flags: { quote: 'x', quote_seq: notice } })), false)
    assert.equal(isAside(await phone('c', { flags: { quote: 'unknown', quote_id: '123' } })), false)
    assert.deepEqual(toRelay(2), [])
  })

  test('to a system, or to somebody without an address there, is refused', async t => {
    const { receive, phone, quiet, toPhone, lastSeqTo } = await world(t, {
      routes: [{ from: 'any', to: 'wechat:main/me' }, TO_RELAY],
    })
    for (const [from, label] of [
      ['relay:0', 'system #0'],
      ['webhook:ops', 'webhook:ops'],
      [null, 'unverified'],
    ] as const) {
      await receive({ source: 'x', from, name: 'system', text: `by ${label}`, type: 'system' })
      await quiet(31 * 60_000)
      await phone('answer', { flags: { quote: 'x', quote_seq: String(lastSeqTo(ME)) } })
      assert.equal(toPhone().at(-1), `Not sent: ${label} can not be answered.`)
    }
  })

  test('to a friend request is sent: that makes friends', async t => {
    const { relay, phone, toRelay, toPhone, lastSeqTo } = await world(t)
    await relay(9, 'let us be friends', { type: 'friend_request' })
    assert.deepEqual(toPhone(), ['peer 9 #9 (friend request): let us be friends'])
    await phone('hello', { flags: { quote: 'x', quote_seq: String(lastSeqTo(ME)) } })
    assert.deepEqual(toRelay(9), ['hello'])
  })
})

describe('a message from WeChat', () => {
  test('of anybody else, of a group, of who may not write, or that no route lets through, is for the agent', async t => {
    const filter = { contains: '@' }
    const { phone, receive, quiet, entries, isAside } = await world(t, { routes: [{ ...TO_RELAY, filter }] })
    const seqs = [
      await phone('/help'),
      await phone('@bob x', { flags: { state: 'refused' } }),
      await phone('@bob x', { from: null, flags: { group: 'g', state: 'refused' } }),
      await phone('@bob x', { type: 'unparsed' }),
      await phone('@bob x', { via: 'webhook', from: 'wechat:abot/x' }),
      await receive({ source: 'wechat:work', via: 'wechat', from: 'wechat:work/x', text: '@bob x' }),
      await receive({ source: 'relay', from: 'relay:2', text: '@carol x' }),
    ]
    await quiet()
    assert.deepEqual([entries(), seqs.map(isAside)], [[], seqs.map(() => false)])
  })

  test('with a file goes to a friend with it', async t => {
    const { phone, entries } = await world(t, answersOnly)
    const path = `.files/${'a'.repeat(64)}.pdf`
    await phone('@bob see', { type: 'file', flags: { attachment: 'report.pdf', file: path } })
    await phone('@bob', { type: 'file', flags: { attachment: 'image', file: '.files/b.jpg' } })
    assert.deepEqual(
      entries().map(({ content, file }) => [content, file]),
      [
        ['see', { path, name: 'report.pdf', bytes: 5 }],
        ['', { path: '.files/b.jpg', name: 'image.jpg', bytes: 5 }],
      ],
    )
  })

  const files = [
    ['that did not come', { attachment: 'a.pdf' }, 'Not sent: the file did not get here. Send it again.'],
    ['that is gone', { attachment: 'a.pdf', file: 'gone' }, 'Not sent: the file did not get here. Send it again.'],
    ['that is too large', { attachment: 'a.pdf', file: 'large' }, 'Not sent: the relay takes files of 10 MB at most.'],
    ['beside another one', { attachment: 'a, b', file: 'a,b' }, 'Not sent: the relay takes one file at a time.'],
  ] as const
  for (const [name, flags, text] of files) {
    test(`with a file ${name} is not sent, and that is said`, async t => {
      const { phone, toPhone, toRelay } = await world(t, answersOnly)
      await phone('@bob see', { type: 'file', flags })
      assert.deepEqual([toPhone(), toRelay(2)], [[text], []])
    })
  }

  test('with a file to somebody who is no friend yet is not sent', async t => {
    const { relay, phone, toRelay, toPhone, lastSeqTo } = await world(t)
    await relay(9, 'hello')
    const flags = { attachment: 'a.pdf', file: 'a', quote: 'x', quote_seq: String(lastSeqTo(ME)) }
    await phone('see', { type: 'file', flags })
    assert.deepEqual(toRelay(9), [])
    assert.match(toPhone().at(-1) ?? '', /^Not sent: #9 is not your friend yet/)
  })

  test('is answered where nobody is registered at a relay', async t => {
    const { phone, register, toPhone, toRelay } = await world(t, answersOnly)
    register(false)
    await phone('@bob hello')
    assert.deepEqual([toPhone(), toRelay(2)], [[NOT_CONNECTED.en], []])
  })

  test('is taken once, though nobody can be answered any more', async t => {
    const { phone, login, toPhone, isAside } = await world(t, answersOnly)
    login(null)
    assert.equal(isAside(await phone('/help')), true)
    assert.deepEqual(toPhone(), [])
  })

  test('that came before the route is left to the agent', async t => {
    const { phone, configure, quiet, toRelay, isAside } = await world(t, { routes: [] })
    const before = await phone('@bob before')
    configure([TO_RELAY])
    await quiet()
    await phone('@bob after')
    assert.deepEqual([toRelay(2), isAside(before)], [['after'], false])
  })
})
