import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertSound } from './test-account.ts'
import { type Letter, startSending } from './test-sending.ts'

const timeout = 20_000
const BYTES = Buffer.alloc(70_000, 'file')

function fileOf(name: string, bytes = BYTES): { name: string; bytes: Buffer } {
  return { name, bytes }
}

describe('a file', () => {
  for (const [name, kind] of [
    ['a.png', 'image'],
    ['a.mp4', 'video'],
    ['a.pdf', 'file'],
    ['a.mp3', 'file'],
    ['图 1.JPG', 'image'],
  ] as const) {
    test(`called ${name} is a ${kind} behind its caption, which goes as it was written`, { timeout }, async t => {
      const scene = await startSending(t)
      const steps: number[] = []
      const progress = (done: number): void => void steps.push(done)
      const outcome = await scene.send({ content: '*看*', file: fileOf(name), progress })
      const [caption, bubble] = scene.shown()
      assert.deepEqual([caption?.kind, caption?.text, caption?.messageState], ['text', '*看*', 2])
      assert.deepEqual([bubble?.kind, bubble?.messageState], [kind, 2])
      assert.deepEqual(scene.phone.open(bubble ?? assert.fail()), BYTES)
      assert.equal(outcome.kind === 'accepted' && outcome.references?.length, 2)
      assert.equal(steps.at(-1), 70_016)
      assertSound(scene)
    })
  }

  test('without a word is one message', { timeout }, async t => {
    const scene = await startSending(t)
    assert.equal((await scene.send({ file: fileOf('a.bin', Buffer.alloc(0)) })).kind, 'accepted')
    assert.deepEqual(
      scene.shown().map(({ kind }) => kind),
      ['file'],
    )
    assertSound(scene)
  })

  test('is uploaded before its caption is shown, and only once', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'http', status: 502 }, times: 2 })
    assert.equal((await scene.deliver({ content: 'see', file: fileOf('a.pdf') })).kind, 'accepted')
    const paths = scene.controls.requests().map(({ path }) => path.split('/').at(-1))
    const told = paths.filter(path => path === 'upload' || path === 'getuploadurl' || path === 'sendmessage')
    assert.deepEqual(told, ['getuploadurl', 'upload', 'sendmessage', 'sendmessage', 'sendmessage', 'sendmessage'])
    assertSound(scene)
  })

  test('that was refused and waits for them is uploaded anew', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'ret', ret: -2 }, after: 1, times: 2 })
    const letter: Letter = { content: 'see', file: fileOf('a.pdf') }
    assert.equal((await scene.deliver(letter)).kind, 'parked')
    await scene.hear()
    assert.equal((await scene.deliver(letter)).kind, 'accepted')
    assert.deepEqual(
      scene.shown().map(({ kind }) => kind),
      ['text', 'file'],
    )
    assert.equal(scene.controls.requestCount('getuploadurl'), 2)
    assertSound(scene)
  })
})

describe('an upload', () => {
  test('that fails twice succeeds all the same, and its message is none the wiser', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'upload', fault: { kind: 'http', status: 500 }, times: 2 })
    assert.equal((await scene.send({ file: fileOf('a.pdf') })).kind, 'accepted')
    assert.equal(scene.sends(), 1)
    assertSound(scene)
  })

  test('without the header that finds it is one that failed', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'upload', fault: { kind: 'http', status: 200 } })
    assert.equal((await scene.send({ file: fileOf('a.pdf') })).kind, 'accepted')
    assertSound(scene)
  })

  test('that nobody takes is given up after three rounds, and nothing was sent', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'upload', fault: { kind: 'http', status: 500 }, times: 'always' })
    const outcome = await scene.deliver({ content: 'see', file: fileOf('a.pdf') })
    assert.deepEqual(outcome, { kind: 'not_sent', reason: 'upload_failed' })
    assert.equal(scene.controls.requestCount('/upload'), 9)
    assert.equal(scene.sends(), 0)
    assertSound(scene)
  })

  test('that is refused says why, at once', { timeout }, async t => {
    const scene = await startSending(t)
    const headers = { 'x-error-message': 'bad file' }
    scene.controls.fault({ route: 'upload', fault: { kind: 'http', status: 403, headers } })
    const outcome = await scene.send({ content: 'see', file: fileOf('a.pdf') })
    assert.deepEqual(outcome, {
      kind: 'refused',
      text: 'bad file',
      relationship: null,
      parts: { accepted: 0, of: 2 },
    })
    assert.equal(scene.sends(), 0)
  })

  test('for which there is no address says why', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.set({ uploadAnswer: 'neither' })
    const outcome = await scene.send({ file: fileOf('a.pdf') })
    assert.deepEqual(outcome, { kind: 'refused', text: 'unknown error (ret -2)', relationship: null })
  })

  test('for which nobody answers is asked for again', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'upload url', fault: { kind: 'http', status: 502 }, times: 5 })
    assert.equal((await scene.deliver({ file: fileOf('a.pdf') })).kind, 'accepted')
    assertSound(scene)
  })

  test('of a bot that nobody knows any more waits for a login', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.revoke(scene.bot.token)
    const outcome = await scene.send({ file: fileOf('a.pdf') })
    assert.deepEqual(outcome, { kind: 'parked', until: 'login', reason: 'token_refused' })
  })

  test('ends with a stop, and is made again', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'upload', fault: { kind: 'hang' } })
    const letter: Letter = { file: fileOf('a.pdf') }
    const sending = scene.begin(letter)
    await scene.account.until('the upload', () => scene.controls.requestCount('/upload') === 1)
    await scene.account.stop()
    assert.deepEqual(await sending, { kind: 'later', afterMs: 0 })
    assert.equal(scene.sends(), 0)
  })
})
