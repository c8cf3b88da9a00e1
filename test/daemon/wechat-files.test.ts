import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Content, Fault } from '../../scripts/embedded/ilink/simulator.ts'
import { NOTES, PICTURE, shaOf } from '../adapters/ilink/test-files.ts'
import {
  answers,
  assertConnected,
  assertHeard,
  beginTalk,
  fileNamed,
  heard,
  nameOf,
  OWNER,
  ownerWrites,
  sends,
  sendToEnd,
} from '../support/wechat-owner.ts'
import { startWechatScene, type WechatScene } from '../support/wechat-scene.ts'

/** Files both ways, and a CDN that does not give or take them (IL §7, §8, "What users hit" 11): told, recorded, and no loop. */

const timeout = 60_000
const MIB = 1024 * 1024
const FILE = `.files/${shaOf(NOTES)}.bin`
const NOTE: Content = { kind: 'file', bytes: NOTES, name: 'a.txt' }

function keptFiles({ folder }: WechatScene): string[] {
  const path = join(folder.path, '.files')
  return existsSync(path) ? readdirSync(path) : []
}

function downloads({ controls }: WechatScene): number {
  return controls.requestCount('/download')
}

/** What is said of the file in the end: in its line, or in the correction of one that was shown before. */
async function fateOf(scene: WechatScene): Promise<Readonly<Record<string, string>>> {
  const last = () => scene.records().findLast(({ flags }) => flags['attachment'] !== undefined)?.flags ?? {}
  await scene.until('what became of it', () => 'file' in last() || 'media' in last(), 250)
  const { ref, seq, ...flags } = last()
  return flags
}

describe('a download', () => {
  const TABLE: readonly (readonly [fault: Fault, times: number | 'always', tries: number, why: string | null])[] = [
    [{ kind: 'http', status: 500 }, 2, 3, null],
    [{ kind: 'http', status: 524 }, 2, 3, null],
    [{ kind: 'http', status: 429 }, 2, 3, null],
    [{ kind: 'reset' }, 2, 3, null],
    [{ kind: 'half' }, 2, 3, null],
    [{ kind: 'truncated' }, 2, 3, null],
    [{ kind: 'empty body' }, 2, 3, null],
    [{ kind: 'hang' }, 1, 2, null],
    [{ kind: 'slow', pieces: 4, everyMs: 3000 }, 1, 1, null],
    [{ kind: 'http', status: 500 }, 'always', 4, 'server_error'],
    [{ kind: 'truncated' }, 'always', 4, 'truncated'],
    [{ kind: 'http', status: 404 }, 'always', 1, 'gone'],
    [{ kind: 'http', status: 403 }, 'always', 1, 'gone'],
    [{ kind: 'wrong bytes' }, 'always', 1, 'wrong_key'],
  ]
  for (const [fault, times, tries, why] of TABLE) {
    const end = why === null ? 'brings the file' : `says ${why}`
    test(`that fails ${times} (${nameOf(fault)}) ${end} after ${tries}, and is over`, { timeout }, async t => {
      const scene = await startWechatScene(t)
      await scene.listening()
      scene.controls.fault({ route: 'download', fault, times })
      scene.phone.write(NOTE, { from: OWNER })
      ownerWrites(scene, 'look')
      const fate = why === null ? { file: FILE } : { media: why }
      assert.deepEqual(await fateOf(scene), { attachment: 'a.txt', ...fate })
      assert.equal(downloads(scene), tries)
      await scene.pass(15 * 60_000)
      assert.equal(downloads(scene), tries)
      assert.deepEqual(keptFiles(scene), why === null ? [FILE.replace('.files/', '')] : [])
      // One record of it, and words do not wait for a file for ever.
      const originals = scene.records().filter(({ type, flags }) => type === 'file' && flags['ref'] === undefined)
      assert.equal(originals.length, 1)
      assert.ok(heard(scene).includes('look'))
      await assertConnected(scene)
      assert.deepEqual(scene.controls.violations(), [])
    })
  }

  test('with a key that does not fit is told, once, and what follows comes', { timeout }, async t => {
    const scene = await startWechatScene(t)
    await scene.listening()
    scene.phone.write({ ...NOTE, key: 'wrong' }, { from: OWNER })
    assert.deepEqual(await fateOf(scene), { attachment: 'a.txt', media: 'wrong_key' })
    await scene.pass(10 * 60_000)
    assert.equal(downloads(scene), 1)
    await assertHeard(scene, ['attachment=a.txt media=wrong_key '])
  })

  test('that a restart interrupts goes on in the next process', { timeout }, async t => {
    const scene = await startWechatScene(t)
    await scene.listening()
    const hang = scene.controls.fault({ route: 'download', fault: { kind: 'hang' }, times: 'always' })
    scene.phone.write(NOTE, { from: OWNER })
    await scene.until('a download', () => hang.hits() === 1, 0)
    await scene.end()
    hang.remove()
    const again = await scene.restart()
    assert.deepEqual(await fateOf(again), { attachment: 'a.txt', file: FILE })
    assert.ok(readFileSync(join(again.folder.path, FILE)).equals(NOTES))
    assert.equal(again.records().filter(({ flags }) => flags['ref'] === undefined).length, 1)
  })
})

describe('a folder that is full', () => {
  test('takes no more, says so, keeps the record, and has room again when there is more', { timeout }, async t => {
    const scene = await startWechatScene(t, { config: { wechat: { folderMaxMb: 1 } } })
    await scene.listening()
    const files = [0, 1, 2].map(() => randomBytes(0.7 * MIB))
    const write = (i: number) =>
      scene.phone.write({ kind: 'file', bytes: files[i] ?? PICTURE, name: `${i}.bin` }, { from: OWNER })
    write(0)
    await scene.until('the first', () => scene.records().length === 1)
    write(1)
    await scene.until('the second', () => scene.records().length === 2)
    const [first, second] = scene.records()
    assert.equal(first?.flags['media'], undefined)
    assert.deepEqual(second?.flags, { seq: '2', attachment: '1.bin', media: 'no_room' })
    assert.equal(keptFiles(scene).length, 1)
    // What is there already needs none.
    write(0)
    await scene.until('the same once more', () => scene.records().length === 3)
    assert.deepEqual({ ...scene.records()[2]?.flags, seq: '1' }, first?.flags)
    scene.configure({ wechat: { folderMaxMb: 10 } })
    await scene.until('the settings', () => scene.channel(/CONFIG_RELOADED/).length === 1)
    write(2)
    await scene.until('the third', () => scene.records().length === 4)
    assert.equal(scene.records()[3]?.flags['media'], undefined)
    await assertConnected(scene)
  })

  test('takes none that is larger than the largest', { timeout }, async t => {
    const scene = await startWechatScene(t, { config: { wechat: { fileMaxMb: 1 } } })
    await scene.listening()
    scene.phone.write({ kind: 'file', bytes: Buffer.alloc(2 * MIB), name: 'big.bin' }, { from: OWNER })
    assert.deepEqual(await fateOf(scene), { attachment: 'big.bin', media: 'too_large' })
    assert.equal(downloads(scene), 0)
  })
})

describe('an upload', () => {
  const AGAIN: readonly Fault[] = [
    { kind: 'http', status: 500 },
    { kind: 'http', status: 200 },
    { kind: 'http', status: 201, headers: { 'x-encrypted-param': 'abc' } },
    { kind: 'reset' },
  ]
  for (const fault of AGAIN) {
    test(`that fails twice (${nameOf(fault)}) succeeds the third time, and is shown once`, { timeout }, async t => {
      const scene = await startWechatScene(t)
      await beginTalk(scene)
      scene.controls.fault({ route: 'upload', fault, times: 2 })
      const sent = await sendToEnd(scene, 'see', fileNamed(scene, 'a.txt', NOTES))
      assert.equal(sent.outcome, 'accepted')
      assert.deepEqual(
        answers(scene).map(({ kind }) => kind),
        ['text', 'file'],
      )
      assert.equal(scene.controls.requestCount('/upload'), 3)
      assert.deepEqual(scene.controls.violations(), [])
    })
  }

  const FINAL: readonly (readonly [Fault, string])[] = [
    [{ kind: 'http', status: 403, headers: { 'x-error-message': 'no such place' } }, 'no such place'],
    [{ kind: 'http', status: 413, body: 'too large' }, 'too large'],
    [{ kind: 'http', status: 429 }, 'http_429'],
  ]
  for (const [fault, words] of FINAL) {
    test(`that is refused (${nameOf(fault)}) ends there, before its caption is shown`, { timeout }, async t => {
      const scene = await startWechatScene(t)
      await beginTalk(scene)
      scene.controls.fault({ route: 'upload', fault, times: 'always' })
      const sent = await sendToEnd(scene, 'see', fileNamed(scene, 'a.txt', NOTES))
      assert.deepEqual([sent.outcome, sent.wechat_text], ['refused', words])
      assert.deepEqual([sends(scene), scene.controls.requestCount('/upload')], [0, 1])
      await scene.until('the line', () => scene.lines().length === 2)
      assert.equal(scene.lines()[1], `to wechat:main/${OWNER} attachment=a.txt state=refused see`)
      // Nothing behind it waits for it.
      assert.equal((await sendToEnd(scene, 'in words')).outcome, 'accepted')
      await assertConnected(scene)
    })
  }

  test('that never succeeds is given up after some rounds, and said', { timeout }, async t => {
    const scene = await startWechatScene(t)
    await beginTalk(scene)
    scene.controls.fault({ route: 'upload', fault: { kind: 'http', status: 500 }, times: 'always' })
    const sent = await sendToEnd(scene, 'see', fileNamed(scene, 'a.txt', NOTES))
    assert.deepEqual([sent.outcome, sent.reason], ['not_sent', 'upload_failed'])
    assert.deepEqual([sends(scene), scene.controls.requestCount('/upload')], [0, 9])
    assert.equal((await sendToEnd(scene, 'in words')).outcome, 'accepted')
  })

  test('for which no address is given is told with their words', { timeout }, async t => {
    const scene = await startWechatScene(t, { simulate: { settings: { uploadAnswer: 'neither' } } })
    await beginTalk(scene)
    const sent = await sendToEnd(scene, 'see', fileNamed(scene, 'a.txt', NOTES))
    assert.deepEqual([sent.outcome, sent.wechat_text], ['refused', 'unknown error (ret -2)'])
    assert.equal(sends(scene), 0)
  })

  for (const uploadAnswer of ['full', 'param'] as const) {
    test(`to an address of the form "${uploadAnswer}" reaches the phone`, { timeout }, async t => {
      const scene = await startWechatScene(t, { simulate: { settings: { uploadAnswer } } })
      await beginTalk(scene)
      assert.equal((await sendToEnd(scene, '', fileNamed(scene, 'a.txt', NOTES))).outcome, 'accepted')
      assert.ok(scene.phone.open(answers(scene)[0] ?? assert.fail())?.equals(NOTES))
      assert.deepEqual(scene.controls.violations(), [])
    })
  }
})
