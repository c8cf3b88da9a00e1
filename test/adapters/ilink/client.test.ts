import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { createIlinkClient, type IlinkClient } from '../../../scripts/adapters/ilink/client.ts'
import { type NewFile, type UploadOutcome, uploadFile } from '../../../scripts/adapters/ilink/upload.ts'
import type { Fault } from '../../../scripts/embedded/ilink/simulator.ts'
import { clientId, mediaItem, type OutgoingItem, textItem } from '../../../scripts/protocol/ilink/outgoing.ts'
import { startWorld, type World } from './test-account.ts'

const timeout = 20_000

interface Scene extends World {
  readonly client: IlinkClient
  readonly signal: AbortSignal
  /** Somebody has written, so that there is a token to answer with. */
  message(text: string, item?: OutgoingItem): string
  upload(file: Partial<NewFile>): Promise<UploadOutcome>
}

async function start(t: TestContext): Promise<Scene> {
  const world = await startWorld(t)
  const { clock, fetch, bot, simulator, phone } = world
  const facts = { clientVersion: '2.4.9', botAgent: 'Test/1.0' }
  const client = createIlinkClient({ token: bot.token, baseUrl: simulator.url, facts, fetch, clock })
  const { signal } = new AbortController()
  const { contextToken } = phone.write({ kind: 'text', text: 'hello' })
  return {
    ...world,
    client,
    signal,
    message: (text, item = textItem(text) ?? assert.fail()) =>
      client.bodyOf({
        to: phone.user,
        clientId: clientId(clock.now(), clock.random()),
        item,
        state: 'finish',
        contextToken,
      }),
    upload: file =>
      uploadFile(
        { client, cdnUrl: simulator.cdnUrl, fetch, clock, signal },
        { to: phone.user, name: 'a.txt', bytes: Buffer.from('text'), ...file },
      ),
  }
}

describe('a request', () => {
  test('with a message shows it on the phone, and gives its id', { timeout }, async t => {
    const scene = await start(t)
    const sent = await scene.client.sendMessage(scene.message('你好'), scene.signal)
    const bubble = scene.phone.transcript().shown.at(-1)
    assert.equal(bubble?.text, '你好')
    assert.deepEqual(sent, { kind: 'ok', messageId: bubble?.messageId })
    assert.deepEqual(scene.controls.violations(), [])
  })

  test('that was refused says so in their words', { timeout }, async t => {
    const scene = await start(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'ret', ret: -2, errmsg: 'prepare failed' } })
    const { kind, ...rest } = await scene.client.sendMessage(scene.message('x'), scene.signal)
    assert.equal(kind, 'refused')
    assert.deepEqual(rest, { errorClass: 'business', code: -2, said: 'prepare failed' })
  })

  test('that nobody took says that nothing was sent; one that was cut off does not', { timeout }, async t => {
    const scene = await start(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'reset' } })
    const cut = await scene.client.sendMessage(scene.message('x'), scene.signal)
    assert.deepEqual([cut.kind, 'neverSent' in cut && cut.neverSent], ['transport', false])
    const { clock, fetch } = scene
    const facts = { clientVersion: '2.4.9', botAgent: '' }
    const nowhere = createIlinkClient({ token: 'x', baseUrl: 'http://127.0.0.1:1', facts, fetch, clock })
    const unsent = await nowhere.sendMessage(scene.message('x'), scene.signal)
    assert.deepEqual([unsent.kind, 'neverSent' in unsent && unsent.neverSent], ['transport', true])
  })

  test('for typing uses the ticket that was given, and ends what it began', { timeout }, async t => {
    const { client, phone, controls, signal } = await start(t)
    const given = await client.getTypingTicket({ user: phone.user, contextToken: null }, signal)
    const ticket = given.kind === 'ok' ? given.ticket : assert.fail(given.kind)
    const typing = { user: phone.user, ticket }
    assert.equal((await client.sendTyping({ ...typing, isTyping: true }, signal)).kind, 'ok')
    assert.equal(phone.typingState()?.isTyping, true)
    assert.equal((await client.sendTyping({ ...typing, isTyping: false }, signal)).kind, 'ok')
    assert.equal(phone.typingState()?.isTyping, false)
    assert.deepEqual(controls.violations(), [])
  })
})

describe('an upload', () => {
  for (const name of ['a.png', 'a.mp4', 'a.pdf', 'a.mp3']) {
    test(`of ${name} can be sent, and is on the phone what it was here`, { timeout }, async t => {
      const scene = await start(t)
      const bytes = Buffer.alloc(70_000, name)
      const steps: [number, number][] = []
      const done = await scene.upload({ name, bytes, progress: (sent, all) => void steps.push([sent, all]) })
      const media = done.kind === 'ok' ? done.media : assert.fail(done.kind)
      await scene.client.sendMessage(scene.message('', mediaItem(media)), scene.signal)
      const bubble = scene.phone.transcript().shown.at(-1) ?? assert.fail()
      assert.deepEqual(scene.phone.open(bubble), bytes)
      assert.equal(bubble.kind, name === 'a.png' ? 'image' : name === 'a.mp4' ? 'video' : 'file')
      assert.deepEqual(steps.at(-1), [70_016, 70_016])
      assert.deepEqual(scene.controls.violations(), [])
    })
  }

  test('of nothing is one too', { timeout }, async t => {
    const scene = await start(t)
    assert.equal((await scene.upload({ bytes: Buffer.alloc(0) })).kind, 'ok')
    assert.deepEqual(scene.controls.violations(), [])
  })

  test('goes to the parameter where no whole address is given', { timeout }, async t => {
    const scene = await start(t)
    scene.controls.set({ uploadAnswer: 'param' })
    assert.equal((await scene.upload({})).kind, 'ok')
    assert.deepEqual(scene.controls.violations(), [])
  })

  const CASES: readonly (readonly [Fault, times: number, tries: number, kind: string, reason?: string])[] = [
    [{ kind: 'http', status: 500 }, 2, 3, 'ok'],
    [{ kind: 'http', status: 200 }, 1, 2, 'ok'],
    [{ kind: 'reset' }, 2, 3, 'ok'],
    [{ kind: 'http', status: 500 }, 3, 3, 'cdn', 'http_500'],
    [{ kind: 'http', status: 201 }, 3, 3, 'cdn', 'http_201'],
    [{ kind: 'http', status: 403, headers: { 'x-error-message': 'bad file' } }, 1, 1, 'cdn', 'http_403'],
  ]
  for (const [fault, times, tries, kind, reason] of CASES) {
    test(`with ${times} times ${Object.values(fault).slice(0, 2).join(' ')} is tried ${tries} times: ${kind}`, {
      timeout,
    }, async t => {
      const scene = await start(t)
      scene.controls.fault({ route: 'upload', fault, times })
      const done = await scene.upload({})
      assert.equal(done.kind, kind)
      if (done.kind === 'cdn') assert.equal(done.reason, reason)
      assert.equal(scene.controls.requests('/upload').length, tries)
    })
  }

  test('that is refused an address says so', { timeout }, async t => {
    const scene = await start(t)
    scene.controls.set({ uploadAnswer: 'neither' })
    const done = await scene.upload({})
    assert.deepEqual([done.kind, 'code' in done && done.code], ['refused', -2])
    assert.equal(scene.controls.requests('/upload').length, 0)
  })
})
