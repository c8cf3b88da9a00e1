import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { addressKey, parseAddress } from '../../scripts/core/address.ts'
import { backoffMs, reconnectDelayMs } from '../../scripts/core/backoff.ts'
import { createBell, sleepOrBell } from '../../scripts/core/bell.ts'
import { systemClock, utcSeconds } from '../../scripts/core/clock.ts'
import { readEnvironment } from '../../scripts/core/environment.ts'
import { errorCode } from '../../scripts/core/errors.ts'
import { languageOfLocale } from '../../scripts/core/i18n.ts'
import { createLogger } from '../../scripts/core/logger.ts'
import { createFakeClock } from '../support/fake-clock.ts'

describe('addresses', () => {
  test('are read in every form a user may type, and written in one', () => {
    for (const text of ['relay:2', '#2', '2']) assert.equal(addressKey(parseAddress(text) ?? never()), 'relay:2')
    assert.deepEqual(parseAddress('wechat:main/abc@im.wechat'), {
      scheme: 'wechat',
      account: 'main',
      user: 'abc@im.wechat',
    })
    assert.equal(addressKey(parseAddress('webhook:ops') ?? never()), 'webhook:ops')
    for (const text of ['', 'bob', '#', '-1', '2 ', 'wechat:x', '1'.repeat(16)]) assert.equal(parseAddress(text), null)
  })
})

function never(): never {
  throw new Error('not an address')
}

describe('waiting', () => {
  test('the reconnect rule: at once, then one second and a growing random part, a minute at most', () => {
    assert.equal(
      reconnectDelayMs(0, () => 1),
      0,
    )
    const longest = [1, 2, 3, 4, 5, 6, 7, 50].map(n => reconnectDelayMs(n, () => 1))
    assert.deepEqual(longest, [3000, 5000, 9000, 17_000, 33_000, 60_000, 60_000, 60_000])
    assert.equal(
      reconnectDelayMs(9, () => 0),
      1000,
    )
  })

  test('backoff doubles up to its bound', () => {
    const waits = [0, 1, 2, 3, 9, 99].map(n => backoffMs(n, { maxMs: 30_000, random: () => 0 }))
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 30_000, 30_000])
  })

  test('a bell ends a wait, an abort too, and nothing is left behind', async () => {
    const clock = createFakeClock()
    const bell = createBell()
    const stop = new AbortController()
    const wait = sleepOrBell(bell, 1000, { clock, signal: stop.signal })
    bell.ring()
    assert.equal(await wait, true)
    assert.equal(clock.pending(), 0)
    const timed = sleepOrBell(bell, 1000, { clock, signal: stop.signal })
    clock.advance(1000)
    assert.equal(await timed, false)
    const aborted = sleepOrBell(bell, 1000, { clock, signal: stop.signal })
    stop.abort(new Error('enough'))
    await assert.rejects(aborted, /enough/)
    assert.equal(clock.pending(), 0)
  })

  test('the real clock sleeps, wakes on abort, and prints UTC', async () => {
    const before = systemClock.monotonic()
    await systemClock.sleep(5)
    assert.ok(systemClock.monotonic() - before >= 4)
    const stop = new AbortController()
    const sleeping = systemClock.sleep(60_000, stop.signal)
    stop.abort(new Error('stop'))
    await assert.rejects(sleeping, /stop/)
    await assert.rejects(systemClock.sleep(1, AbortSignal.abort(new Error('before'))), /before/)
    assert.equal(utcSeconds(Date.UTC(2026, 2, 9, 10, 0, 0, 999)), '2026-03-09T10:00:00Z')
  })
})

describe('small things', () => {
  test('the environment: proxies in both cases, the state folder, the language', () => {
    const read = readEnvironment({
      HTTPS_PROXY: 'http://p:1',
      no_proxy: 'x',
      XDG_STATE_HOME: '/s',
      LC_ALL: 'zh_TW.UTF-8',
      OPENWECHAT_LOG_LEVEL: 'loud',
    })
    assert.deepEqual(read.proxy, { http: '', https: 'http://p:1', except: 'x' })
    assert.equal(read.stateFolder, join('/s', 'openwechat-im'))
    assert.equal(read.language, 'zh')
    assert.equal(read.logLevel, undefined)
    for (const locale of ['C', 'en_US.UTF-8', undefined, 'zho']) assert.equal(languageOfLocale(locale), 'en')
  })

  test('a log line is one JSON object with constant text and fields', () => {
    const lines: string[] = []
    const log = createLogger({ clock: createFakeClock(), level: 'info', write: line => lines.push(line) })
    log.debug('hidden')
    log.with({ adapter: 'relay' }).warn('line\nbreak', { attempt: 2 })
    assert.deepEqual(
      lines.map(line => JSON.parse(line)),
      [{ time: '2026-03-09T10:00:00.000Z', level: 'warn', msg: 'line\nbreak', adapter: 'relay', attempt: 2 }],
    )
    assert.equal(lines[0]?.indexOf('\n'), (lines[0]?.length ?? 0) - 1)
  })

  test('the code of an error is found behind its wrappings', () => {
    const inner = Object.assign(new Error('x'), { code: 'ECONNRESET' })
    assert.equal(errorCode(new TypeError('fetch failed', { cause: inner })), 'ECONNRESET')
    assert.equal(errorCode(new RangeError('x')), 'RangeError')
    assert.equal(errorCode('x'), 'unknown')
  })
})
