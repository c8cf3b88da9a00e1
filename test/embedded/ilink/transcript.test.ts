import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Message, send } from './client.ts'
import { type BoundSimulator, startBound } from './test-simulator.ts'

const timeout = 20_000

interface Part extends Partial<Message> {
  /** Before it. */
  readonly waitMs?: number
}

async function say(test: BoundSimulator, parts: readonly Part[]): Promise<void> {
  const { contextToken: token } = test.phone.write({ kind: 'text', text: 'hello' })
  for (const { waitMs = 0, ...message } of parts) {
    test.controls.advance(waitMs)
    const { json } = await send(test.who, { to: test.user, token, ...message })
    assert.equal(json['ret'], 0)
  }
}

function flagsOf({ phone }: BoundSimulator): string[] {
  return phone.transcript().flags.map(({ kind }) => kind)
}

test('both sides stand in the order in which they came', { timeout }, async t => {
  const test = await startBound(t)
  await say(test, [{ text: 'one' }])
  await say(test, [{ text: 'two' }])
  assert.deepEqual(
    test.phone.transcript().shown.map(({ side, text }) => `${side}: ${text}`),
    ['phone: hello', 'bot: one', 'phone: hello', 'bot: two'],
  )
  assert.deepEqual(flagsOf(test), [])
})

test('each user has a transcript of their own, over all bots or of one', { timeout }, async t => {
  const test = await startBound(t)
  await say(test, [{ text: 'to the first bot' }])
  const next = test.controls.bind()
  await say({ ...test, who: { ...test.who, token: next.token } }, [{ text: 'to the second bot' }])
  test.phone.write({ kind: 'text', text: 'x' }, { from: 'Some_One@im.wechat', bot: next.id })
  assert.equal(test.phone.transcript().bubbles.length, 4)
  assert.equal(test.phone.transcript(test.user, next.id).bubbles.length, 2)
  assert.equal(test.phone.transcript('Some_One@im.wechat').bubbles.length, 1)
})

test('a run of GENERATING bubbles is one answer up to its FINISH', { timeout }, async t => {
  const test = await startBound(t)
  await say(test, [
    { text: 'a', message_state: 1 },
    { text: 'b', message_state: 1, waitMs: 300 },
    { text: 'c', message_state: 2, waitMs: 300 },
    { text: 'another' },
  ])
  const { runs, flags } = test.phone.transcript()
  assert.deepEqual(
    runs.map(({ text, isOpen, bubbles }) => [text, isOpen, bubbles.length]),
    [
      ['abc', false, 3],
      ['another', false, 1],
    ],
  )
  assert.deepEqual(flags, [])
})

test('a run without its FINISH is flagged, at the end and where another turn begins', { timeout }, async t => {
  const test = await startBound(t)
  await say(test, [
    { text: 'a', message_state: 1, run_id: '1' },
    { text: 'b', message_state: 1, run_id: '2', waitMs: 300 },
  ])
  assert.deepEqual(
    test.phone.transcript().runs.map(({ isOpen }) => isOpen),
    [true, true],
  )
  assert.deepEqual(flagsOf(test), ['open run', 'open run'])
})

test('parts that come faster than 300 ms one after the other are flagged', { timeout }, async t => {
  const test = await startBound(t)
  await say(test, [
    { text: 'a', message_state: 1 },
    { text: 'b', message_state: 1, waitMs: 299 },
    { text: 'c', message_state: 2, waitMs: 300 },
  ])
  assert.deepEqual(
    test.phone.transcript().flags.map(({ kind, detail }) => [kind, detail]),
    [['short gap', '299 ms']],
  )
})

test('parts whose numbers are out of order are flagged', { timeout }, async t => {
  const test = await startBound(t)
  await say(test, [
    { text: '(1/3) a', message_state: 1 },
    { text: '(3/3) c', message_state: 1, waitMs: 300 },
    { text: '(2/3) b', message_state: 2, waitMs: 300 },
  ])
  assert.deepEqual(flagsOf(test), ['out of order', 'out of order'])
})

test('parts whose client_id was made in another order are flagged', { timeout }, async t => {
  const test = await startBound(t)
  await say(test, [
    { text: 'a', message_state: 1, client_id: 'openclaw-weixin:1700000000002-aaaaaaaa' },
    { text: 'b', message_state: 2, client_id: 'openclaw-weixin:1700000000001-bbbbbbbb', waitMs: 300 },
  ])
  assert.deepEqual(flagsOf(test), ['out of order'])
})

test('set so, a text ends silently after 2000 characters, and is marked', { timeout }, async t => {
  const test = await startBound(t, { settings: { cutTextAt: 2000 } })
  await say(test, [{ text: '😀'.repeat(2000) }, { text: `${'字'.repeat(2000)}lost` }])
  const [, whole, cut] = test.phone.transcript().shown
  assert.equal(whole?.isCut, false)
  assert.equal(cut?.text, '字'.repeat(2000))
  assert.deepEqual(flagsOf(test), ['cut'])
})
