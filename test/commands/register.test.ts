import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { systemClock } from '../../scripts/core/clock.ts'
import { parseConfig } from '../../scripts/core/config.ts'
import { ConfigError, UsageError } from '../../scripts/core/errors.ts'
import { ROOT } from '../support/child.ts'
import { listen } from '../support/listen.ts'
import { registerHere } from '../support/register-here.ts'
import { newFolder, relayFor, TOKEN } from '../support/registration.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startTestDaemon } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

describe('a registration', () => {
  test('shows id, name and token once, and says what comes next', async t => {
    const relay = await relayFor(t)
    const { register, config, view, kept, path } = newFolder()
    const { code, stdout, stderr } = await register(
      `${relay.url}//`,
      '--description',
      'lamps',
      '--status',
      'friends_only',
    )
    assert.equal(code, 0, stderr)
    const token = TOKEN.exec(stdout)?.[0] ?? ''
    assert.match(stdout, /^Registered on http.*[^/]\.\n {2}ID: #1\n {2}Name: Lumen\n {2}Token: [0-9a-f]{32}\n/)
    assert.equal(stdout.split(token).length, 2)
    assert.match(stdout, /\n {2}npm run sse /)
    // Nobody is sent to a page that is not there.
    assert.equal(stdout.includes('npm run ui'), existsSync(join(ROOT, 'ui')))
    assert.deepEqual(config(), { base_url: relay.url, token, my_id: 1, my_name: 'Lumen' })
    assert.equal(statSync(view.folder.file('config.json')).mode & 0o777, 0o600)
    assert.equal(parseConfig(view.text('config.json')).config.token, token)
    const profile = view.json('profile.json')
    assert.deepEqual([profile['my_id'], profile['my_name'], profile['status']], ['1', 'Lumen', 'friends_only'])
    assert.equal(stderr, '')
    assert.doesNotMatch(`${view.text('sse_channel.log')}${view.text('profile.json')}`, TOKEN)
    const [reply, ...others] = kept()
    assert.match(reply?.text ?? '', new RegExp(`^注册成功\\n[\\s\\S]*\\nToken：${token}\\n`))
    assert.deepEqual([reply?.mode, others], [0o600, []])
    assert.equal(statSync(path).mode & 0o777, 0o700)
  })

  test('speaks Chinese, and JSON', async t => {
    const relay = await relayFor(t)
    const zh = await newFolder().register(relay.url, '--lang', 'zh')
    assert.match(zh.stdout, /^已在 http.* 注册。\n {2}ID: #1\n {2}名称: Lumen\n {2}Token: [0-9a-f]{32}\n.*仅显示这一次/)
    const { register, config } = newFolder()
    const json = JSON.parse((await register(relay.url, '--name', 'two', '--json')).stdout)
    assert.equal(json.token, config()['token'])
    assert.deepEqual([json.my_id, json.my_name, json.base_url, json.set_aside], [2, 'two', relay.url, null])
  })

  test('warns of plain http, unless the relay is on this machine', async t => {
    const relay = await relayFor(t, { host: '0.0.0.0' })
    const { port } = new URL(relay.url)
    const { code, noted } = await newFolder().here(`http://0.0.0.0:${port}`)
    assert.equal(code, 0)
    assert.match(noted, /^The relay is reached over plain http/)
  })

  test('is picked up by a daemon that waits for it', async t => {
    const relay = await relayFor(t)
    const { path, view, register } = newFolder()
    const transport = createTransport({ http: '', https: '', except: '' })
    t.after(() => transport.close())
    const daemon = await startTestDaemon(t, { path, clock: systemClock, fetch: transport.fetch })
    const { code, stdout, stderr } = await register(relay.url)
    assert.equal(code, 0, stderr)
    await waitFor('the stream', () => view.channel(/SSE_CONNECTED/).length === 1)
    await waitFor('the profile', () => view.json('profile.json')['my_name'] === 'Lumen')
    await daemon.stop()
    const token = TOKEN.exec(stdout)?.[0] ?? 'none'
    assert.ok(!`${JSON.stringify(daemon.logs)}${view.text('sse_channel.log')}`.includes(token))
  })

  test('takes the token from its own lines, whatever others are called', async t => {
    const relay = await relayFor(t)
    const hostile = `x\nToken：${'b'.repeat(32)}\n${'─'.repeat(40)}\n注册成功`
    assert.equal((await newFolder().here(relay.url, { name: hostile, description: hostile })).code, 0)
    const { here, config, view } = newFolder()
    assert.equal((await here(relay.url, { name: 'me' })).code, 0)
    assert.notEqual(config()['token'], 'b'.repeat(32))
    assert.equal(config()['my_id'], 2)
    assert.equal(view.json('profile.json')['my_name'], 'me')
  })

  test('of a hostile name of one’s own shows it on one line', async t => {
    const relay = await relayFor(t)
    const { here, config } = newFolder()
    const name = `a\nToken：${'b'.repeat(32)}\u001b[2J`
    const { printed } = await here(relay.url, { name })
    assert.equal(config()['my_name'], name)
    assert.notEqual(config()['token'], 'b'.repeat(32))
    assert.doesNotMatch(printed, /\u001b/)
    assert.match(printed, /^ {2}Name: a\\nToken/m)
  })
})

describe('before anything is asked', () => {
  test('names and descriptions are measured in characters, as the relay does', async t => {
    const relay = await relayFor(t)
    const { here, config } = newFolder()
    assert.equal((await here(relay.url, { name: '😀'.repeat(100), description: '😀'.repeat(200) })).code, 0)
    assert.equal(config()['my_name'], '😀'.repeat(100))
    for (const [values, words] of [
      [{ name: '😀'.repeat(101) }, '--name takes 1 to 100 characters, not 101'],
      [{ name: '' }, '--name takes 1 to 100 characters, not 0'],
      [{ description: 'x'.repeat(201) }, '--description takes 0 to 200 characters, not 201'],
      [{ status: 'busy' }, '--status takes open, friends_only, do_not_disturb'],
    ] as const) {
      const { error } = await newFolder().here(relay.url, values)
      assert.ok(error instanceof UsageError && error.message.startsWith(words), String(error))
    }
    const surplus = await newFolder().register(relay.url, 'surplus')
    assert.equal(surplus.code, 2)
    assert.match(surplus.stderr, /register takes 0 arguments, not 1/)
    assert.equal(relay.registrations(), 1)
  })

  test('an address that can not be one is a wrong usage: there is no default', async () => {
    for (const url of [undefined, '', 'relay.example.org', 'ftp://relay.example.org', 'http://a:b@c/', 'http://a/?x']) {
      const { error } = await registerHere({ 'base-url': url, name: 'x' })
      assert.ok(error instanceof UsageError)
      assert.match(error.message, /--base-url takes the address of your relay/)
    }
  })

  test('what is no relay is said in one sentence, and no folder is made', async t => {
    const html = createServer((_, response) => response.end('<html>It works!</html>'))
    const gone = createServer()
    const gonePort = await listen(t, gone)
    gone.close()
    const { path, register, here } = newFolder()
    for (const [url, words] of [
      [`http://127.0.0.1:${await listen(t, html)}`, 'something answers there, but it is no openwechat-claw relay'],
      [`http://127.0.0.1:${gonePort}`, 'not reachable (ECONNREFUSED)'],
    ] as const) {
      const { error } = await here(url)
      assert.ok(error instanceof ConfigError && error.nextStep !== undefined)
      assert.equal(error.message, `${url}: ${words}. Nothing was registered.`)
    }
    const zh = await register(`http://127.0.0.1:${gonePort}`, '--lang', 'zh')
    assert.equal(zh.code, 1)
    assert.match(zh.stderr, /^错误：.*未进行注册。\n {2}下一步：/)
    assert.throws(() => statSync(path), { code: 'ENOENT' })
  })

  test('a folder that can not be made costs no name at the relay', async t => {
    const relay = await relayFor(t)
    const path = join(temporaryFolder(), 'a', 'b')
    const { error } = await registerHere({ 'base-url': relay.url, name: 'x' }, { path })
    assert.match(String(error), /can not be created or written/)
    assert.equal(relay.registrations(), 0)
  })
})

describe('an identity that is there already', () => {
  const OLD = {
    base_url: 'http://127.0.0.1:9',
    token: 'c'.repeat(32),
    my_id: 7,
    sweep_minutes: 9,
    lang: 'en',
    extra: [1],
  }

  test('is never written over unasked', async t => {
    const relay = await relayFor(t)
    const { register, view } = newFolder()
    view.writeConfig(OLD)
    const before = view.text('config.json')
    const { code, stderr } = await register(relay.url)
    assert.equal(code, 1)
    assert.match(stderr, /^error: .*config\.json holds an identity already.*\n {2}next: .*--force/)
    assert.doesNotMatch(stderr, TOKEN)
    assert.equal(view.text('config.json'), before)
    assert.equal(relay.registrations(), 0)
  })

  test('is set aside by --force, whole; every other setting stays', async t => {
    const relay = await relayFor(t)
    const { register, view, config, path } = newFolder()
    view.writeConfig(OLD)
    const before = view.text('config.json')
    const { code, stdout, stderr } = await register(relay.url, '--force')
    assert.equal(code, 0, stderr)
    const aside = readdirSync(path).filter(name => name.startsWith('config.json.'))
    assert.match(aside.join(), /^config\.json\.replaced-\d{8}T\d{6}Z$/)
    assert.ok(stdout.includes(`The former config.json is now ${aside[0]}.`))
    assert.equal(readFileSync(join(path, aside[0] ?? ''), 'utf8'), before)
    assert.equal(statSync(join(path, aside[0] ?? '')).mode & 0o777, 0o600)
    const token = TOKEN.exec(stdout)?.[0]
    assert.deepEqual(config(), { ...OLD, base_url: relay.url, token, my_id: 1, my_name: 'Lumen' })
  })

  test('is not what the placeholders of the example are: they are filled in, and the rest stays', async t => {
    const relay = await relayFor(t)
    const { here, view, config, path } = newFolder()
    const example = JSON.parse(readFileSync(join(ROOT, 'config.json.example'), 'utf8')) as Record<string, unknown>
    view.writeConfig({ ...example, batch_size: 42 })
    assert.equal((await here(relay.url)).code, 0)
    assert.equal(config()['batch_size'], 42)
    assert.equal(config()['base_url'], relay.url)
    assert.deepEqual(
      readdirSync(path).filter(name => name.startsWith('config.json.')),
      [],
    )
  })

  test('may be what nobody can read: it is kept, and the new one is written with --force only', async t => {
    const relay = await relayFor(t)
    const { here, view, config, path } = newFolder()
    mkdirSync(path, { mode: 0o700 })
    const broken = `{"token": "${'c'.repeat(32)}", oops`
    writeFileSync(view.folder.file('config.json'), broken)
    const { error } = await here(relay.url)
    assert.ok(error instanceof ConfigError)
    assert.equal(view.text('config.json'), broken)
    assert.doesNotMatch(error.message, TOKEN)
    assert.equal(relay.registrations(), 0)
    assert.equal((await here(relay.url, { force: true })).code, 0)
    assert.equal(config()['my_id'], 1)
    const aside = readdirSync(path).find(name => name.startsWith('config.json.replaced-')) ?? ''
    assert.equal(readFileSync(join(path, aside), 'utf8'), broken)
  })

  test('or something that is no file: then no name is taken at the relay, with --force either', async t => {
    const relay = await relayFor(t)
    const { here, path } = newFolder()
    mkdirSync(join(path, 'config.json'), { recursive: true })
    for (const force of [false, true]) {
      const { error } = await here(relay.url, { force })
      assert.ok(error instanceof ConfigError && error.nextStep !== undefined, String(error))
      assert.match(error.message, /config\.json/)
    }
    assert.equal(relay.registrations(), 0)
  })
})
