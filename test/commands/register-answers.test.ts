import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { OutcomeUnknownError } from '../../scripts/core/errors.ts'
import { fixtureReply } from '../support/fixtures.ts'
import { impostor, newFolder, relayFor, TOKEN } from '../support/registration.ts'

/** Whom the recorded reply is for. */
const JUDY = { name: 'judy', description: 'd' }

describe('what the relay answers', () => {
  test('a name that is taken: its words, and nothing is written', async t => {
    const relay = await relayFor(t)
    assert.equal((await newFolder().here(relay.url)).code, 0)
    const { register, view } = newFolder()
    const { code, stdout, stderr } = await register(relay.url)
    assert.equal(code, 1)
    assert.match(stderr, /^error: The relay refuses: 错误 409：该名称已被使用，请换一个名称。\n {2}next: .*taken/)
    assert.equal(stdout, '')
    assert.equal(view.text('config.json'), '')
    assert.match((await newFolder().register(relay.url, '--lang', 'zh')).stderr, /^错误：中继拒绝：错误 409/)
  })

  test('a relay that is full: its words', async t => {
    const relay = await relayFor(t, { maxUsers: 0 })
    assert.match(String((await newFolder().here(relay.url)).error), /错误 503：注册人数已达上限/)
  })

  for (const [what, body] of [
    ['a page', '<html>Welcome</html>'],
    ['a success of another shape', `注册成功\nToken：${'d'.repeat(32)}`],
    [
      'somebody else’s success',
      `注册成功\n${'─'.repeat(40)}\nID：7\n名称：mallory\n简介：（无）\n状态：可交流\nToken：${'d'.repeat(32)}\n${'─'.repeat(40)}\n`,
    ],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0])],
    ['nothing', ''],
  ] as const) {
    test(`${what}: unknown, and the whole reply is kept where the error says`, async t => {
      const url = await impostor(t, (_, response) => response.end(body))
      const { here, kept, view, path } = newFolder()
      const { error, printed } = await here(url)
      assert.ok(error instanceof OutcomeUnknownError)
      const named = /whole, in (\S+) of the data folder/.exec(error.message)?.[1] ?? ''
      assert.deepEqual(readFileSync(join(path, named)), Buffer.from(body))
      assert.equal(kept()[0]?.mode, 0o600)
      assert.doesNotMatch(error.message, TOKEN)
      assert.equal(printed, '')
      assert.equal(view.text('config.json'), '')
    })
  }

  test('a reply that is cut behind the token is good enough; one that is cut before it is kept', async t => {
    const whole = fixtureReply('814-register-hostile-table').body
    const tokenEnd = whole.indexOf('Token：') + Buffer.byteLength('Token：') + 32
    for (const [bytes, expected] of [
      [tokenEnd + 140, 0],
      [tokenEnd - 1, true],
    ] as const) {
      const url = await impostor(t, (_, response) => {
        response.writeHead(200, { 'content-length': whole.length })
        response.write(whole.subarray(0, bytes), () => response.destroy())
      })
      const { here, kept } = newFolder()
      const { code, error } = await here(url, JUDY)
      assert.equal(error === undefined ? code : error instanceof OutcomeUnknownError, expected)
      assert.equal(kept().length, 1)
    }
  })

  test('a success that config.json can not take: the kept reply is named', async t => {
    const { register, path, kept } = newFolder()
    const url = await impostor(t, (_, response) => {
      // It was not there when the command looked.
      mkdirSync(join(path, 'config.json'))
      response.end(fixtureReply('814-register-hostile-table').body)
    })
    const { code, stdout, stderr } = await register(url, '--name', 'judy', '--description', 'd')
    assert.equal(code, 1)
    assert.match(stderr, /^error: You are registered as #17, but config\.json can not be written \(\w+\)\./)
    const named = /is kept in (\S+) of the data folder/.exec(stderr)?.[1] ?? ''
    assert.equal(named, join('.files', kept()[0]?.name ?? ''))
    assert.doesNotMatch(`${stdout}${stderr}`, TOKEN)
  })

  test('a success that can not be kept as it came: config.json takes the token all the same', async t => {
    const { here, path, config } = newFolder()
    const url = await impostor(t, (_, response) => {
      writeFileSync(join(path, '.files'), '')
      response.end(fixtureReply('814-register-hostile-table').body)
    })
    const { printed } = await here(url, JUDY)
    assert.equal(config()['token'], '22fefc3e529cdd33458789cf5d17a281')
    assert.match(printed, /Token: 22fefc3e529cdd33458789cf5d17a281/)
  })

  test('a success that nothing on the disk can take is shown at least', async t => {
    const { register, path } = newFolder()
    const url = await impostor(t, (_, response) => {
      writeFileSync(join(path, '.files'), '')
      mkdirSync(join(path, 'config.json'))
      response.end(fixtureReply('814-register-hostile-table').body)
    })
    const { code, stdout, stderr } = await register(url, '--name', 'judy', '--description', 'd')
    assert.equal(code, 1)
    assert.equal(stdout, 'Token: 22fefc3e529cdd33458789cf5d17a281\n')
    assert.match(stderr, /The token is shown above/)
    assert.doesNotMatch(stderr, TOKEN)
  })

  test('nothing at all: the identity may have been made, and the exit code says so', async t => {
    const url = await impostor(t, request => request.socket.destroy())
    const { register, view } = newFolder()
    const { code, stderr } = await register(url)
    assert.equal(code, 3)
    assert.match(stderr, /may or may not have been made/)
    assert.equal(view.text('config.json'), '')
    assert.match((await register(url, '--lang', 'zh')).stderr, /身份可能已注册，也可能没有/)
  })
})
