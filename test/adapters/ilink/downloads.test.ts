import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { download } from '../../../scripts/adapters/ilink/cdn.ts'
import type { Fault } from '../../../scripts/embedded/ilink/simulator.ts'
import { readMedia } from '../../../scripts/protocol/ilink/media.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startAccount, startWorld } from './test-account.ts'
import { downloads, FILM, flagsOf, keptFiles, NOTES, PICTURE, shaOf } from './test-files.ts'

const timeout = 20_000

describe('a download', () => {
  const AGAIN: readonly Fault[] = [
    { kind: 'http', status: 500 },
    { kind: 'reset' },
    { kind: 'half' },
    { kind: 'truncated' },
  ]
  for (const fault of AGAIN) {
    test(`that fails twice (${Object.values(fault).join(' ')}) is made a third time`, { timeout }, async t => {
      const world = await startWorld(t)
      world.controls.fault({ route: 'download', fault, times: 2 })
      const account = startAccount(t, world)
      world.phone.write({ kind: 'file', bytes: NOTES, name: 'a.txt' })
      await account.until('the message', () => account.shown().length === 1, 100)
      assert.equal(flagsOf(account)['file'], `.files/${shaOf(NOTES)}.bin`)
      assert.equal(downloads(world), 3)
      assert.deepEqual(world.controls.violations(), [])
    })
  }

  const NEVER: readonly (readonly [Fault, string])[] = [
    [{ kind: 'http', status: 404 }, 'gone'],
    [{ kind: 'http', status: 403 }, 'gone'],
    [{ kind: 'wrong bytes' }, 'wrong_key'],
  ]
  for (const [fault, why] of NEVER) {
    test(`that brings ${Object.values(fault).join(' ')} is not made again, and the message says why`, {
      timeout,
    }, async t => {
      const world = await startWorld(t)
      world.controls.fault({ route: 'download', fault, times: 'always' })
      const account = startAccount(t, world)
      world.phone.write({ kind: 'image', bytes: PICTURE })
      await account.until('the message', () => account.shown().length === 1)
      assert.deepEqual(flagsOf(account), { attachment: 'image', media: why })
      world.clock.advance(3_600_000)
      await account.listening()
      assert.equal(downloads(world), 1)
    })
  }

  test('with a key that does not fit is told, whatever the file is', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    world.phone.write({ kind: 'file', bytes: NOTES, name: 'a.txt', key: 'wrong' })
    world.phone.write({ kind: 'video', bytes: FILM, key: 'wrong' })
    await account.until('the messages', () => account.shown().length === 2)
    assert.deepEqual([flagsOf(account)['media'], flagsOf(account, 1)['media']], ['wrong_key', 'wrong_key'])
    assert.deepEqual(keptFiles(world), [])
  })

  test('that never succeeds is given up, and said', { timeout }, async t => {
    const world = await startWorld(t)
    world.controls.fault({ route: 'download', fault: { kind: 'http', status: 500 }, times: 'always' })
    const account = startAccount(t, world)
    world.phone.write({ kind: 'image', bytes: PICTURE })
    await account.until('the end of it', () => account.shown().length === 2, 500)
    const [first, correction] = account.shown()
    assert.deepEqual(first?.flags, { attachment: 'image' })
    assert.equal(correction?.type, 'correction')
    assert.deepEqual(correction?.flags, { ref: '1', attachment: 'image', media: 'server_error' })
    assert.equal(downloads(world), 4)
  })

  test('that takes long shows the message after 10 s, and a correction names the file', { timeout }, async t => {
    const world = await startWorld(t)
    world.controls.fault({ route: 'download', fault: { kind: 'delay', ms: 15_000 } })
    const account = startAccount(t, world)
    world.phone.write({ kind: 'image', bytes: PICTURE })
    world.phone.write({ kind: 'text', text: 'look' })
    await account.until('the message', () => account.shown().length === 2, 250)
    assert.deepEqual(flagsOf(account), { attachment: 'image' })
    await account.until('the file', () => account.shown().length === 3, 250)
    assert.deepEqual(flagsOf(account, 2), {
      ref: '1',
      attachment: 'image',
      file: `.files/${shaOf(PICTURE)}.png`,
    })
  })

  test('goes on after a restart', { timeout }, async t => {
    const world = await startWorld(t)
    const hang = world.controls.fault({ route: 'download', fault: { kind: 'hang' }, times: 'always' })
    const first = startAccount(t, world)
    world.phone.write({ kind: 'image', bytes: PICTURE })
    await first.until('a download', () => hang.hits() === 1)
    first.kill()
    hang.remove()
    const second = startAccount(t, world)
    await second.until('the message', () => second.shown().length === 1)
    assert.deepEqual(flagsOf(second), { attachment: 'image', file: `.files/${shaOf(PICTURE)}.png` })
  })

  test('is made again later where nobody could be reached', { timeout }, async t => {
    const world = await startWorld(t)
    let isDown = true
    const account = startAccount(t, world, {
      fetch(url, init) {
        if (isDown && url.includes('/c2c/')) return Promise.reject(Object.assign(new Error(), { code: 'ENETUNREACH' }))
        return world.fetch(url, init)
      },
    })
    world.phone.write({ kind: 'image', bytes: PICTURE })
    const given = () => account.logs.filter(line => line.includes('"unreachable"')).length
    await account.until('four tries', () => given() === 4, 500)
    isDown = false
    await account.until('the file', () => account.shown().length === 2, 2000)
    assert.equal(flagsOf(account, 1)['file'], `.files/${shaOf(PICTURE)}.png`)
  })

  test('is not made for somebody who may not write any more', { timeout }, async t => {
    const world = await startWorld(t)
    const stranger = 'oStranger@im.wechat'
    const hang = world.controls.fault({ route: 'download', fault: { kind: 'hang' }, times: 'always' })
    const first = startAccount(t, world, { settings: { allow: [stranger] } })
    world.phone.write({ kind: 'image', bytes: PICTURE }, { from: stranger })
    await first.until('a download', () => hang.hits() === 1)
    first.kill()
    const second = startAccount(t, world)
    await second.until('the message', () => second.shown().length === 1)
    assert.deepEqual(flagsOf(second), { state: 'refused', attachment: 'image' })
    assert.equal(hang.hits(), 1)
  })
})

describe('an address in a message', () => {
  async function askedFor(fullUrl: string): Promise<string[]> {
    const asked: string[] = []
    const clock = createFakeClock()
    const media = readMedia('image', { media: { full_url: fullUrl, encrypt_query_param: 'p' } })
    await download({
      media,
      cdnUrl: 'http://cdn.test/c2c',
      apiUrl: 'http://api.test',
      maxBytes: 1000,
      clock,
      signal: new AbortController().signal,
      fetch(url) {
        asked.push(url)
        return Promise.reject(Object.assign(new Error(), { code: 'ECONNREFUSED' }))
      },
    })
    return asked
  }
  const INSTEAD = 'http://cdn.test/c2c/download?encrypted_query_param=p'

  test('is followed to the servers of WeChat, and to others where nobody can listen', async () => {
    for (const url of ['http://cdn.test/a', 'http://api.test/a', 'https://other.test/a']) {
      assert.deepEqual(await askedFor(url), [url])
    }
    assert.deepEqual(await askedFor('http://other.test/a'), [INSTEAD])
  })

  test('never leads to where a machine tells its own secrets', async () => {
    for (const host of ['169.254.169.254', '[fe80::1]', 'metadata.google.internal', '100.100.100.200', '2852039166']) {
      assert.deepEqual(await askedFor(`https://${host}/latest`), [INSTEAD])
    }
  })
})
