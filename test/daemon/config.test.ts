import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { FetchLike } from '../../scripts/core/fetch.ts'
import { openForReading } from '../../scripts/store/database.ts'
import { readStatus } from '../../scripts/store/status.ts'
import { ALICE, chat, inboxBody } from '../support/blocks.ts'
import { answer } from '../support/scripted-relay.ts'
import { type Scene, startScene } from '../support/test-daemon.ts'

const OTHER = 'b'.repeat(32)

describe('the configuration', () => {
  test('without one the daemon waits and says what to do, and goes on when it is there', async t => {
    const scene = await startScene(t, { config: null })
    assert.match(scene.said[0] ?? '', /config\.json\.example/)
    await scene.eventually(() => assert.deepEqual(scene.channel(/CONFIG_MISSING/).length, 1))
    assert.equal(scene.relay.requests.length, 0)
    scene.writeConfig({ base_url: 'http://127.0.0.1:9', token: scene.relay.token })
    await scene.until('connected', () => scene.relay.streams.length === 1)
  })

  test('placeholders count as not registered', async t => {
    const scene = await startScene(t, {
      config: { base_url: 'https://YOUR_RELAY_SERVER:8000', token: 'replace_with_token' },
    })
    await scene.pass(5000)
    assert.equal(scene.relay.requests.length, 0)
    assert.match(scene.said[0] ?? '', /placeholders/)
  })

  test('a new token takes the place of the old one at once; the stream of the old one is closed', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    const [old] = scene.relay.streams
    scene.relay.token = OTHER
    scene.writeConfig({ base_url: 'http://127.0.0.1:9', token: OTHER })
    await scene.until('reconnected', () => scene.relay.streams.length === 1 && scene.relay.streams[0] !== old)
    assert.equal(scene.relay.requests.at(-1)?.token, OTHER)
    await scene.until('logged', () => scene.channel(/CONFIG_RELOADED/).length === 1)
    scene.relay.streams[0]?.push(chat(ALICE, 'to the new one'))
    await scene.until('written', () => scene.records().length === 1)
  })

  test('other settings change without touching the stream', async t => {
    const scene = await startScene(t, { config: { sweep_minutes: 0 } })
    await scene.until('connected', () => scene.channel(/INBOX_DRAINED/).length === 1)
    const [stream] = scene.relay.streams
    scene.writeConfig({ base_url: 'http://127.0.0.1:9', token: scene.relay.token, sweep_minutes: 1 })
    await scene.until('reloaded', () => scene.channel(/CONFIG_RELOADED/).length === 1)
    assert.equal(scene.relay.streams[0], stream)
    assert.equal(scene.relay.count(/\/stream$/), 1)
  })

  test('a change during a read loses nothing: the read is heard out', async t => {
    let release: (() => void) | undefined
    const scene = await startScene(t, {
      prepare(relay) {
        relay.override = (path, init) => {
          if (!path.startsWith('/messages') || init.headers['X-Token'] === OTHER || release !== undefined) return null
          return new Promise(resolve => {
            release = () => resolve(answer(inboxBody([chat(ALICE, 'read under the old token')])))
          })
        }
      },
    })
    await scene.until('reading', () => release !== undefined)
    scene.relay.token = OTHER
    scene.writeConfig({ base_url: 'http://127.0.0.1:9', token: OTHER })
    await scene.until('new one works', () =>
      scene.relay.requests.some(one => one.token === OTHER && /messages/.test(one.line)),
    )
    release?.()
    await scene.until('kept', () => scene.records().some(one => one.content === 'read under the old token'))
  })

  test('back to an account whose read is still in flight: two never pull from one inbox', async t => {
    let release: (() => void) | undefined
    const own = 'a'.repeat(32)
    const scene = await startScene(t, {
      prepare(relay) {
        relay.override = (path, init) => {
          if (!path.startsWith('/messages') || init.headers['X-Token'] !== own || release !== undefined) return null
          return new Promise(resolve => {
            release = () => resolve(answer(inboxBody([chat(ALICE, 'heard out')])))
          })
        }
      },
    })
    await scene.until('reading', () => release !== undefined)
    const asked = () => scene.relay.requests.filter(one => one.token === own && /messages|stream/.test(one.line)).length
    const before = asked()
    for (const token of [OTHER, own]) {
      const reloads = scene.channel(/CONFIG_RELOADED/).length
      scene.writeConfig({ base_url: 'http://127.0.0.1:9', token })
      await scene.until('reloaded', () => scene.channel(/CONFIG_RELOADED/).length === reloads + 1)
    }
    await scene.pass(5000)
    assert.equal(asked(), before, 'not while the read is out')
    release?.()
    await scene.until('again', () => asked() > before)
    await scene.until('kept', () => scene.records().some(one => one.content === 'heard out'))
  })

  test('an edit that is not valid keeps the last valid one running, says all that is wrong, and shows no secret', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    writeFileSync(
      scene.folder.file('config.json'),
      '{"base_url": "ftp://x", "batch_size": 0, "token": "very secret\\n"}',
    )
    await scene.until('said', () => scene.channel(/CONFIG_INVALID/).length === 1)
    const sentence = scene.said.at(-1) ?? ''
    for (const key of ['base_url', 'batch_size', 'token']) assert.match(sentence, new RegExp(key))
    assert.equal(scene.relay.streams.length, 1)
    writeFileSync(scene.folder.file('config.json'), `{"base_url": "http://x", "token": "very-secret-token" oops`)
    await scene.until('said again', () => scene.channel(/CONFIG_INVALID/).length === 2)
    const everything = JSON.stringify(scene.logs) + scene.said.join() + scene.text('sse_channel.log')
    assert.doesNotMatch(everything, /secret/)
    scene.relay.streams[0]?.push(chat(ALICE, 'still here'))
    await scene.until('written', () => scene.records().length === 1)
  })

  test('a file that is gone for a while keeps the connection', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    rmSync(scene.folder.file('config.json'))
    await scene.until('noticed', () => scene.channel(/CONFIG_MISSING/).length === 1)
    assert.equal(scene.relay.streams.length, 1)
    scene.writeConfig({ base_url: 'http://127.0.0.1:9', token: scene.relay.token, my_id: 2 })
    await scene.until('reloaded', () => scene.channel(/CONFIG_RELOADED/).length === 1)
    assert.equal(scene.relay.count(/\/stream$/), 1)
  })

  test('a file that others can read, and plain http to another machine, are warned about', async t => {
    const scene = await startScene(t, { config: null })
    scene.writeConfig({ base_url: 'http://relay.example.org:8000', token: 'x'.repeat(32), tokn: 1 })
    chmodSync(scene.folder.file('config.json'), 0o644)
    await scene.until('read', () => scene.logs.some(one => String(one['msg']).includes('chmod 600')))
    const warnings = scene.logs
      .filter(one => one['level'] === 'warn')
      .map(one => String(one['msg']))
      .join('\n')
    assert.match(warnings, /plain http/)
    assert.match(warnings, /unknown key "tokn".*did you mean "token"/)
  })
})

describe('a file that is saved as it is', () => {
  const saveAgain = (scene: Scene) => writeFileSync(scene.folder.file('config.json'), scene.text('config.json'))

  test('has a relay tried again at once that did not know the token', async t => {
    const scene = await startScene(t, { config: { token: OTHER } })
    await scene.until('refused', () => scene.channel(/AUTH_REFUSED/).length === 1)
    scene.relay.token = OTHER
    const before = scene.clock.monotonic()
    saveAgain(scene)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    assert.ok(scene.clock.monotonic() - before < 60_000)
    assert.deepEqual(scene.channel(/CONFIG_RELOADED/), [])
  })

  test('has everything in OpenClaw tried again at once that was not there', async t => {
    let status = 404
    const asked: string[] = []
    const pushFetch: FetchLike = url => {
      asked.push(new URL(url).pathname)
      return Promise.resolve(answer('{"ok":true}', { status }))
    }
    const scene = await startScene(t, {
      pushFetch,
      config: { wake: { token: 'of-the-hooks' }, wechat_abot: { webhookSecret: 'sixteen-characters' } },
    })
    await scene.until('connected', () => scene.relay.streams.length === 1)
    scene.relay.streams[0]?.push(chat(ALICE, 'hello'))
    await scene.until('both asked', () => asked.length === 2)
    await scene.pass(20_000)
    assert.equal(asked.length, 2)
    status = 200
    const before = scene.clock.monotonic()
    saveAgain(scene)
    await scene.until('both asked again', () => asked.length === 4)
    assert.ok(scene.clock.monotonic() - before < 60_000)
    assert.deepEqual(asked.slice(2).sort(), ['/hooks/wake', '/wechat_abot/webhook'])
  })
})

describe('what status says of the configuration', () => {
  const stateOf = (scene: Scene) => {
    const database = openForReading(scene.folder.file('state.db'))
    try {
      return database === null ? undefined : readStatus(database, 'config')
    } finally {
      database?.close()
    }
  }

  test('follows the permissions too: the advised chmod ends the warning', async t => {
    const scene = await startScene(t, { prepare: (_, path) => chmodSync(`${path}/config.json`, 0o644) })
    await scene.until('warned', () => JSON.stringify(stateOf(scene)).includes('chmod 600'))
    chmodSync(scene.folder.file('config.json'), 0o600)
    await scene.until('quiet', () => !JSON.stringify(stateOf(scene)).includes('chmod 600'))
    assert.equal(scene.relay.count(/\/stream$/), 1)
  })

  test('a file that could not be read and can be again is valid again, though nothing in it changed', async t => {
    const scene = await startScene(t)
    await scene.until('valid', () => stateOf(scene)?.['state'] === 'valid')
    const text = scene.text('config.json')
    rmSync(scene.folder.file('config.json'))
    mkdirSync(scene.folder.file('config.json'))
    await scene.until('unreadable', () => stateOf(scene)?.['state'] === 'invalid')
    rmSync(scene.folder.file('config.json'), { recursive: true })
    writeFileSync(scene.folder.file('config.json'), text, { mode: 0o600 })
    await scene.until('valid again', () => stateOf(scene)?.['state'] === 'valid')
  })
})

describe('a refused token', () => {
  test('stops the tries, is said, and is probed every five minutes', async t => {
    const scene = await startScene(t, { config: { token: OTHER } })
    await scene.until('said', () => scene.channel(/AUTH_REFUSED/).length === 1)
    await scene.eventually(() => assert.match(scene.channel(/SSE_CONNECT_FAILED/)[0] ?? '', /reason=http_401$/))
    await scene.pass(299_000, 1000)
    assert.equal(scene.relay.requests.length, 1, 'no further request of any kind')
    await scene.pass(302_000, 1000)
    assert.equal(scene.relay.requests.length, 3)
  })

  test('ends at once when the configuration changes', async t => {
    const scene = await startScene(t, { config: { token: OTHER } })
    await scene.until('said', () => scene.channel(/AUTH_REFUSED/).length === 1)
    const before = scene.clock.monotonic()
    scene.writeConfig({ base_url: 'http://127.0.0.1:9', token: scene.relay.token })
    await scene.until('connected', () => scene.relay.streams.length === 1)
    assert.ok(scene.clock.monotonic() - before < 60_000)
  })

  test('is told apart from no answer', async t => {
    const scene = await startScene(t, {
      prepare(relay) {
        relay.override = () => answer('Bad Gateway', { status: 502 })
      },
    })
    await scene.pass(10_000)
    await scene.eventually(() => assert.equal(scene.channel(/AUTH_REFUSED/).length, 0))
    await scene.eventually(() => assert.match(scene.channel(/SSE_CONNECT_FAILED/)[0] ?? '', /reason=http_502$/))
  })

  test('at the inbox only: reading stops, the stream stays', async t => {
    const scene = await startScene(t, {
      prepare(relay) {
        relay.override = path => (path.startsWith('/messages') ? answer('错误：Token 无效') : null)
      },
    })
    await scene.until('said', () => scene.channel(/AUTH_REFUSED/).length === 1)
    const reads = scene.relay.count(/\/messages/)
    await scene.pass(200_000, 1000)
    assert.equal(scene.relay.count(/\/messages/), reads)
    assert.equal(scene.relay.streams.length, 1)
  })
})
