import assert from 'node:assert/strict'
import { cpSync, existsSync, lstatSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import {
  AppError,
  ConfigError,
  OutcomeUnknownError,
  RefusedError,
  StorageError,
  UsageError,
} from '../../scripts/core/errors.ts'
import type { FetchAnswer } from '../../scripts/core/fetch.ts'
import type { SendResult } from '../../scripts/engine/actions/send.ts'
import { askDaemon } from '../../scripts/server/control-client.ts'
import { readControlPlace } from '../../scripts/store/control-place.ts'
import { dataFolderAt } from '../../scripts/store/data-folder.ts'
import { hostileText } from '../support/arbitraries.ts'
import { ALICE, chat } from '../support/blocks.ts'
import { damageTable } from '../support/damage.ts'
import { answer } from '../support/scripted-relay.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type Scene, startScene } from '../support/test-daemon.ts'

const never = new AbortController().signal

interface Desk extends Scene {
  ask<T = SendResult>(action: string, params: unknown, signal?: AbortSignal): Promise<T>
  /** Lets time pass meanwhile. */
  soon<T>(work: Promise<T>): Promise<T>
}

/** A daemon that is connected, and its control socket. */
async function startDesk(t: TestContext, options: Parameters<typeof startScene>[1] = {}): Promise<Desk> {
  const scene = await startScene(t, options)
  if (options.config !== null) await scene.until('connected', () => scene.relay.streams.length === 1)
  return {
    ...scene,
    ask<T>(action: string, params: unknown, signal = never) {
      const place = readControlPlace(scene.folder)
      assert.ok(place !== null)
      return askDaemon(place.socket, { token: place.token, action, params }, { signal }) as Promise<T>
    },
    async soon(work) {
      let ended = false
      const settled = work.finally(() => {
        ended = true
      })
      settled.catch(() => undefined)
      await scene.until('an answer', () => ended)
      return settled
    },
  }
}

/** Answers sends; null: what the relay would say otherwise. */
function sends(reply: (init: { body?: unknown }) => Promise<FetchAnswer> | FetchAnswer | null) {
  return (relay: Scene['relay']) => {
    relay.users.set(1, ALICE)
    relay.override = (path, init) => (path.startsWith('/send') ? reply(init) : null)
  }
}

const sentTimes = (scene: Scene) => scene.relay.count(/^POST \/send/)

describe('a message that the daemon sends', () => {
  test('is in the files before its sender hears of it, with the friendship that it made', async t => {
    const reply = sends(() => answer('发送成功（好友关系已建立）'))
    const desk = await startDesk(t, {
      prepare(relay) {
        relay.friends.push(ALICE)
        reply(relay)
      },
    })
    const result = await desk.soon(desk.ask('send', { to: '#1', text: 'hello\nalice', requestId: 'order-17' }))
    assert.deepEqual(result, {
      outcome: 'accepted',
      request_id: 'order-17',
      seq: 1,
      to: '#1',
      relationship: 'accepted',
      relay_text: null,
      reason: null,
      wechat_text: null,
      parked: null,
      parts: null,
    })
    assert.match(desk.text('conversations.md'), /to=#1\(alice\) .*content=hello\\nalice\n$/)
    assert.doesNotMatch(desk.text('conversations.md'), /state=/)
    assert.match(desk.text('contacts.json'), /"accepted"/)
  })

  test('is from whom config.json names, before the relay has said who that is', async t => {
    const desk = await startDesk(t, {
      config: { my_id: 7, my_name: 'anna' },
      prepare(relay) {
        relay.sendsLog = false
        sends(() => answer('发送成功'))(relay)
      },
    })
    await desk.soon(desk.ask('send', { to: '1', text: 'hello' }))
    assert.match(desk.text('conversations.md'), /from=#7\(anna\) to=#1\(alice\) /)
  })

  test('and that makes a friend: what the friend writes next waits for no twin', async t => {
    const desk = await startDesk(t, {
      prepare(relay) {
        relay.users.set(1, ALICE)
        // Nobody else tells who is a friend.
        relay.override = path =>
          path === '/send'
            ? answer('发送成功（好友关系已建立）')
            : path === '/friends'
              ? answer('', { status: 502 })
              : null
      },
    })
    // How the two stand to each other is asked for, and remembered, by a chat of somebody who is no friend.
    desk.relay.send(chat(ALICE, 'anybody there?'))
    await desk.until('it', () => desk.text('conversations.md').includes('anybody there?'))
    await desk.soon(desk.ask('send', { to: '1', text: 'yes' }))
    desk.relay.send(chat(ALICE, 'thanks'))
    // The clock stands still.
    await desk.eventually(() => assert.match(desk.text('conversations.md'), /content=thanks\n/))
  })

  test('goes out although the part of the database that is for it is damaged', async t => {
    const desk = await startDesk(t, { prepare: sends(() => answer('发送成功')) })
    const send = (text: string) => desk.soon(desk.ask('send', { to: '1', text, requestId: text }))
    assert.equal((await send('one')).outcome, 'accepted')
    await desk.stop()
    damageTable(desk.folder.file('state.db'), 'outbox')
    const again = await startDesk(t, { path: desk.folder.path, clock: desk.clock, relay: desk.relay })
    // Repeated: that is looked up in what is damaged.
    for (const text of ['one', 'two']) {
      const result = await again.soon(again.ask('send', { to: '1', text, requestId: text }))
      assert.equal(result.outcome, 'accepted')
    }
    assert.match(again.text('conversations.md'), /content=two\n/)
    assert.equal(again.channel(/STORAGE_FAULT file=state\.db .*moved_to=/).length, 1)
  })

  const OUTCOMES = [
    ['错误：对方已将你拉黑', 'refused', '错误：对方已将你拉黑', null],
    ['错误：Token 无效', 'not_sent', null, 'token_refused'],
    ['<html>', 'unknown', null, 'not_a_relay'],
    ['错误：发送失败，请稍后重试', 'unknown', null, 'likely_delivered'],
  ] as const
  for (const [reply, outcome, words, reason] of OUTCOMES) {
    test(`${outcome} (${reason ?? 'in the relay’s words'}) shows in its line, and is asked for once`, async t => {
      const desk = await startDesk(t, { prepare: sends(() => answer(reply)) })
      const result = await desk.soon(desk.ask('send', { to: '1', text: 'hello' }))
      assert.deepEqual([result.outcome, result.relay_text, result.reason], [outcome, words, reason])
      assert.match(desk.text('conversations.md'), new RegExp(`state=${outcome} .*content=hello\\n$`))
      await desk.pass(120_000, 5000)
      assert.equal(sentTimes(desk), 1)
    })
  }

  test('and that a preview came with: its own inbox is read', async t => {
    const desk = await startDesk(t, {
      prepare: sends(() => answer(`发送成功\n\n收件箱共 1 条，预览前 1 条：\n${'═'.repeat(40)}\nx\n${'═'.repeat(40)}`)),
    })
    await desk.pass(60_000, 1000)
    const before = desk.relay.count(/messages/)
    desk.relay.inbox.push(chat(ALICE, 'waiting'))
    await desk.soon(desk.ask('send', { to: '1', text: 'hello' }))
    await desk.until('the inbox', () => desk.text('inbox_pushed.md').includes('waiting'))
    assert.ok(desk.relay.count(/messages/) > before)
  })

  test('is refused before anybody is asked where it can not be sent', async t => {
    const desk = await startDesk(t, { prepare: sends(() => assert.fail('sent')) })
    const file = join(temporaryFolder(), 'a.txt')
    writeFileSync(file, 'x')
    for (const [params, kind] of [
      [{ to: '1', text: '' }, UsageError],
      [{ to: '1', text: '😀'.repeat(1001) }, UsageError],
      [{ to: '1', text: 'a\ud800' }, UsageError],
      [{ to: '0', text: 'x' }, UsageError],
      [{ to: 'alice', text: 'x' }, UsageError],
      [{ to: 'webhook:ops', text: 'x' }, UsageError],
      [{ to: 'wechat:main/x', text: 'x' }, ConfigError],
      [{ to: '1', text: 'x', requestId: '' }, UsageError],
      [{ to: '1', text: 'x', requestId: 'x'.repeat(257) }, UsageError],
      [{ to: '1', text: 'x', file: join(temporaryFolder(), 'none') }, ConfigError],
      [{ to: '1', text: 'x', file: temporaryFolder() }, ConfigError],
      // A stranger would lose it (RC §9).
      [{ to: '1', text: 'x', file }, ConfigError],
    ] as const) {
      await assert.rejects(desk.soon(desk.ask('send', params)), kind, JSON.stringify(params).slice(0, 80))
    }
    assert.equal(desk.text('conversations.md'), '')
  })

  test('a thousand characters of four bytes are not too long', async t => {
    const desk = await startDesk(t, { prepare: sends(() => answer('发送成功')) })
    assert.equal((await desk.soon(desk.ask('send', { to: '1', text: '😀'.repeat(1000) }))).outcome, 'accepted')
  })

  test('needs somebody who is registered', async t => {
    const desk = await startDesk(t, { config: null })
    await assert.rejects(desk.ask('send', { to: '1', text: 'x' }), error => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /^Not registered/)
      return true
    })
    assert.equal(desk.relay.requests.length, 0)
  })
})

describe('the same request id', () => {
  test('from ten commands at once is one message and ten equal answers; another text is refused', async t => {
    const held = Promise.withResolvers<FetchAnswer>()
    const desk = await startDesk(t, { prepare: sends(() => held.promise) })
    const same = { to: '1', text: 'only once', requestId: 'order-17' }
    const all = Promise.all(Array.from({ length: 10 }, () => desk.ask('send', same)))
    await desk.until('the request', () => sentTimes(desk) === 1)
    await assert.rejects(desk.ask('send', { ...same, text: 'another' }), RefusedError)
    held.resolve(answer('发送成功'))
    const results = await desk.soon(all)
    assert.deepEqual(new Set(results.map(one => JSON.stringify(one))).size, 1)
    assert.equal(results[0]?.outcome, 'accepted')
    assert.equal(sentTimes(desk), 1)
    assert.equal(desk.records().length, 1)
  })

  test('of a command that went away: the message goes on, and the next one hears its outcome', async t => {
    const held = Promise.withResolvers<FetchAnswer>()
    const desk = await startDesk(t, { prepare: sends(() => held.promise) })
    const params = { to: '1', text: 'only once', requestId: 'order-17' }
    const gone = new AbortController()
    const first = desk.ask('send', params, gone.signal)
    await desk.until('the request', () => sentTimes(desk) === 1)
    gone.abort(new Error('interrupted'))
    await assert.rejects(first, /interrupted/)
    held.resolve(answer('发送成功'))
    assert.equal((await desk.soon(desk.ask('send', params))).outcome, 'accepted')
    assert.equal(sentTimes(desk), 1)
  })
})

describe('a daemon that ends while a message is under way', () => {
  test('killed: the next one says that it may have been delivered, in a line of its own, and does not repeat it', async t => {
    const held = Promise.withResolvers<FetchAnswer>()
    const desk = await startDesk(t, { prepare: sends(() => held.promise) })
    void desk.ask('send', { to: '1', text: 'who knows', requestId: 'order-17' }).catch(() => undefined)
    await desk.until('the request', () => sentTimes(desk) === 1)
    // What a kill would leave on the disk.
    const path = join(temporaryFolder(), 'openwechat_im_client')
    cpSync(desk.folder.path, path, { recursive: true, filter: from => !lstatSync(from).isSocket() })
    writeFileSync(join(path, 'daemon.sock'), 'stale')
    const stale = readControlPlace(desk.folder)
    const next = await startDesk(t, { path, config: {}, prepare: sends(() => assert.fail('repeated')) })
    await next.eventually(() =>
      assert.match(next.text('conversations.md'), /to=#1\(alice\) .*state=unknown .*content=who knows\n$/),
    )
    const again = await next.ask('send', { to: '1', text: 'who knows', requestId: 'order-17' })
    assert.deepEqual([again.outcome, again.reason], ['unknown', 'interrupted'])
    assert.notEqual(readControlPlace(next.folder)?.token, stale?.token)
    held.resolve(answer('发送成功'))
  })

  test('stopped: it hears the relay out for 35 s, then it is unknown', async t => {
    const hangs = sends(
      init =>
        new Promise((_resolve, reject) => {
          const { signal } = init as { signal?: AbortSignal }
          signal?.addEventListener('abort', () => reject(signal.reason))
        }),
    )
    const desk = await startDesk(t, { prepare: hangs })
    void desk.ask('send', { to: '1', text: 'who knows' }).catch(() => undefined)
    await desk.until('the request', () => sentTimes(desk) === 1)
    const before = desk.clock.monotonic()
    await desk.soon(desk.stop())
    assert.ok(desk.clock.monotonic() - before <= 45_000)
    assert.match(desk.text('conversations.md'), /state=unknown .*content=who knows\n$/)
  })
})

describe('the control socket of a daemon', () => {
  test('is there while it runs, its token for this user alone, and nothing of it stays or is logged', async t => {
    const desk = await startDesk(t)
    const place = readControlPlace(desk.folder)
    assert.ok(place !== null && lstatSync(place.socket).isSocket())
    assert.equal(statSync(desk.folder.file('daemon.token')).mode & 0o777, 0o600)
    await assert.rejects(desk.ask('nonsense', {}), UsageError)
    await desk.stop()
    assert.deepEqual([existsSync(place.socket), existsSync(desk.folder.file('daemon.token'))], [false, false])
    assert.ok(!`${JSON.stringify(desk.logs)}${desk.text('sse_channel.log')}`.includes(place.token))
  })

  test('lies elsewhere where the path of the data folder is too long for one', async t => {
    const parent = temporaryFolder()
    const runtimeFolder = join(parent, 'run')
    const path = join(parent, 'x'.repeat(110))
    const desk = await startDesk(t, { path, runtimeFolder, prepare: sends(() => answer('发送成功')) })
    assert.ok(readControlPlace(dataFolderAt(path))?.socket.startsWith(runtimeFolder))
    assert.equal((await desk.soon(desk.ask('send', { to: '1', text: 'x' }))).outcome, 'accepted')
  })
})

describe('whatever is asked of it', () => {
  const RIGHT: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    acknowledge: { upTo: 1, peer: 'relay:1' },
    block: { id: 1 },
    friends: {},
    messages: { force: true },
    'homepage-get': { id: 1 },
    'homepage-put': { file: '/x' },
    me: { status: 'open' },
    prune: { days: 30 },
    rebuild: {},
    'relay-stats': {},
    send: { to: '1', text: 'x', file: '/x', requestId: 'x' },
    unblock: { id: 1 },
    user: { id: 1 },
    users: { keyword: 'x' },
  }
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
    { weight: 2, arbitrary: hostileText() },
    fc.constantFrom('1', '#2', 'open', 0, 1, 30, -1, 1e15, 1e308, 0.5, true, '/', '.', '', null),
  )
  /** Some of it right, some of it anything. */
  const question = fc.constantFrom(...Object.keys(RIGHT)).chain(action => {
    const keys = fc.subarray([...Object.keys(RIGHT[action] ?? {}), '__proto__'], { minLength: 1 })
    const changes = keys.chain(some => fc.record(Object.fromEntries(some.map(key => [key, value]))))
    const params = fc.oneof(
      { weight: 4, arbitrary: changes.map(changed => ({ ...RIGHT[action], ...changed })) },
      { weight: 1, arbitrary: fc.jsonValue() },
    )
    return fc.tuple(fc.constant(action), params)
  })

  test('a wrong parameter is an error that says so, and the daemon stays well', async t => {
    const desk = await startDesk(t, { prepare: sends(() => answer('发送成功')) })
    await fc.assert(
      fc.asyncProperty(question, async ([action, params]) => {
        const error = await desk.soon(
          desk.ask<unknown>(action, params).then(
            () => null,
            (thrown: unknown) => thrown,
          ),
        )
        if (error === null) return
        assert.ok(error instanceof AppError && !(error instanceof StorageError), `${action}: ${String(error)}`)
      }),
      { numRuns: 250 },
    )
    assert.deepEqual(
      desk.logs.filter(one => one['msg'] === 'an action failed'),
      [],
    )
    assert.equal((await desk.soon(desk.ask('send', { to: '1', text: 'still well' }))).outcome, 'accepted')
  })

  test('each wrong type on its own is a wrong usage', async t => {
    const desk = await startDesk(t)
    for (const [action, params] of Object.entries(RIGHT)) {
      for (const key of Object.keys(params)) {
        for (const wrong of [null, {}, [], Number.MAX_VALUE, typeof params[key] === 'string' ? 1 : '1']) {
          const asked = desk.ask(action, { ...params, [key]: wrong })
          await assert.rejects(asked, error => error instanceof UsageError && error.message.includes(key))
        }
      }
    }
    await assert.rejects(desk.ask('users', { keyword: 'a\ud800' }), UsageError)
    for (const wrong of [null, 1, 'x', [], true]) await assert.rejects(desk.ask('send', wrong), UsageError)
    for (const name of ['', 'toString', '__proto__', 'sse', 'x'.repeat(1000), '\u001b[2J\n']) {
      await assert.rejects(desk.ask(name, {}), UsageError)
    }
  })

  test('a change whose answer nobody understands is told as unknown', async t => {
    const desk = await startDesk(t, {
      prepare(relay) {
        relay.override = path => (path.startsWith('/block') ? answer('<html>') : null)
      },
    })
    await assert.rejects(desk.soon(desk.ask('block', { id: 1 })), OutcomeUnknownError)
  })
})
