import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MediaContent } from '../../../scripts/embedded/ilink/simulator.ts'
import { inboxText } from '../../../scripts/projections/inbox-pushed.ts'
import { startAccount, startWorld } from './test-account.ts'
import { downloads, FILM, flagsOf, keptFiles, NOTES, PICTURE, SOUND, shaOf } from './test-files.ts'

const timeout = 20_000

describe('a file of theirs', () => {
  const CONTENTS: readonly (readonly [name: string, content: MediaContent, extension: string])[] = [
    ['a picture with the right key above', { kind: 'image', bytes: PICTURE }, 'png'],
    ['a picture with one key', { kind: 'image', bytes: PICTURE, key: 'A' }, 'png'],
    ['a picture in plain', { kind: 'image', bytes: PICTURE, key: 'none' }, 'png'],
    ['a film with a small picture', { kind: 'video', bytes: FILM, thumb: PICTURE }, 'mp4'],
    ['a voice that nobody understood', { kind: 'voice', bytes: SOUND }, 'silk'],
    ['a file with key form A', { kind: 'file', bytes: NOTES, name: 'a.txt', key: 'A' }, 'bin'],
    ['a file with key form B', { kind: 'file', bytes: NOTES, name: 'a.txt', key: 'B' }, 'bin'],
    ['a file with a key in hex', { kind: 'file', bytes: NOTES, name: 'a.txt', key: 'hex' }, 'bin'],
    ['a file with an address alone', { kind: 'file', bytes: NOTES, name: 'a.txt', link: 'full' }, 'bin'],
    ['a file with a parameter alone', { kind: 'file', bytes: NOTES, name: 'a.txt', link: 'param' }, 'bin'],
  ]
  for (const [name, content, extension] of CONTENTS) {
    test(`(${name}) is kept under a name of ours, and shown with its message`, { timeout }, async t => {
      const world = await startWorld(t)
      const account = startAccount(t, world)
      world.phone.write(content)
      await account.until('the message', () => account.shown().length === 1)
      const [message] = account.shown()
      const path = `.files/${shaOf(content.bytes)}.${extension}`
      assert.equal(message?.type, 'file')
      assert.equal(message?.content, '')
      assert.deepEqual(message?.flags, {
        attachment: content.kind === 'file' ? content.name : content.kind,
        ...(content.kind === 'voice' ? { voice: 'no_transcript' } : {}),
        file: path,
      })
      assert.deepEqual(account.file(path), content.bytes)
      assert.equal(downloads(world), 1)
      assert.deepEqual(world.controls.violations(), [])
    })
  }

  test('that is quoted is fetched where the message has none', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    const { messageId } = world.phone.write({ kind: 'image', bytes: PICTURE })
    await account.until('the picture', () => account.shown().length === 1)
    world.phone.write({ kind: 'quote', text: 'what is it?', of: messageId, form: 'text' })
    await account.until('the question', () => account.shown().length === 2)
    const question = account.shown()[1]
    assert.deepEqual([question?.type, question?.content], ['chat', 'what is it?'])
    assert.equal(question?.flags['quote_file'], `.files/${shaOf(PICTURE)}.png`)
    assert.equal(question?.flags['file'], undefined)
    assert.deepEqual(keptFiles(world), [`${shaOf(PICTURE)}.png`])
    assert.deepEqual(world.controls.violations(), [])
  })

  test('has a name that leads nowhere else', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    world.phone.write({ kind: 'file', bytes: NOTES, name: '../../config.json' })
    await account.until('the message', () => account.shown().length === 1)
    assert.equal(flagsOf(account)['attachment'], '../../config.json')
    assert.deepEqual(keptFiles(world), [`${shaOf(NOTES)}.bin`])
  })

  test('of an album comes with its own message, in order; several in one message come together', {
    timeout,
  }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    const pictures = [1, 2, 3, 4, 5].map(n => Buffer.concat([PICTURE, Buffer.from([n])]))
    world.phone.writeAlbum(pictures.map(bytes => ({ kind: 'image', bytes })))
    await account.until('all', () => account.shown().length === 5)
    const paths = pictures.map(bytes => `.files/${shaOf(bytes)}.png`)
    assert.deepEqual(
      account.shown().map(({ flags }) => flags['file']),
      paths,
    )
    world.phone.write({ kind: 'several', contents: pictures.map(bytes => ({ kind: 'image', bytes })) })
    await account.until('one more', () => account.shown().length === 6)
    assert.equal(flagsOf(account, 5)['file'], paths.join(','))
  })

  test('is not asked for when somebody who may not write sends it', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    world.phone.write({ kind: 'image', bytes: PICTURE }, { from: 'oStranger@im.wechat' })
    await account.until('the message', () => account.shown().length === 1)
    assert.equal(downloads(world), 0)
  })
})

describe('what there is no room for', () => {
  test('is not even asked for when it says that it is too large', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world, { settings: { fileMaxBytes: 1000 } })
    world.phone.write({ kind: 'file', bytes: Buffer.alloc(2000, 1), name: 'a.bin' })
    world.phone.write({ kind: 'voice', bytes: Buffer.alloc(2000, 1) })
    await account.until('the messages', () => account.shown().length === 2)
    assert.deepEqual([flagsOf(account)['media'], flagsOf(account, 1)['media']], ['too_large', 'too_large'])
    // Of a voice nobody says how long it is.
    assert.equal(downloads(world), 1)
    assert.deepEqual(keptFiles(world), [])
  })

  test('is refused and said, and its message is kept', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world, { settings: { folderMaxBytes: PICTURE.length + NOTES.length } })
    world.phone.write({ kind: 'image', bytes: PICTURE })
    await account.until('the first', () => account.shown().length === 1)
    world.phone.write({ kind: 'video', bytes: FILM })
    await account.until('the second', () => account.shown().length === 2)
    assert.equal(flagsOf(account, 1)['media'], 'no_room')
    world.phone.write({ kind: 'file', bytes: NOTES, name: 'a.txt' })
    await account.until('the third', () => account.shown().length === 3)
    assert.deepEqual(keptFiles(world).toSorted(), [`${shaOf(PICTURE)}.png`, `${shaOf(NOTES)}.bin`].toSorted())
  })
})

test('files show nothing of a message that opens or finds its media', { timeout }, async t => {
  const world = await startWorld(t)
  const account = startAccount(t, world)
  const { contextToken, messageId } = world.phone.write({ kind: 'image', bytes: PICTURE })
  await account.until('the message', () => account.shown().length === 1)
  const message = account.shown()[0] ?? assert.fail()
  const shown = inboxText(message)
  const raw = Buffer.from(message.payload ?? []).toString()
  const [, key = ''] = /"aeskey":"(\w+)"/.exec(raw) ?? []
  const [, param = ''] = /"encrypt_query_param":"([^"]+)"/.exec(raw) ?? []
  for (const secret of [contextToken, key, param, world.simulator.cdnUrl]) {
    assert.ok(secret !== '' && raw.includes(secret))
    assert.ok(!shown.includes(secret))
  }
  assert.ok(shown.includes(messageId))
})
