import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { ROOT, start } from '../support/child.ts'
import { findLeaks } from '../support/log-watch/find-leaks.ts'

const FOLDER = join(ROOT, 'test', 'support', 'log-watch')
const WATCH = pathToFileURL(join(FOLDER, 'watch.ts')).href
const PLANTED = join(FOLDER, 'planted.ts')

/** What is planted, and how the finding begins. */
const FOUND: Readonly<Record<string, RegExp>> = {
  'bot token': /the simulator's bot token: .*"msg":"bound"/,
  'half a context token': /the simulator's context token: .*"msg":"not sent"/,
  'verify code': /verify code: .*"msg":"asked"/,
  'QR value': /the simulator's qr: .*"msg":"shown"/,
  'relay token': /the token of a relay: AUTH_REFUSED/,
  secret: /config\.json: secret: .*"msg":"refused"/,
  'media key': /a key: .*"msg":"sealed"/,
  'gateway token': /the token of a gateway: .*"msg":"poked"/,
  received: /the text of a message: .*"msg":"taken"/,
  sent: /the text of a message: .*"msg":"queued"/,
  'told by a child': /config\.json: token: .*"msg":"started"/,
}

function run(options: readonly string[], ...plants: readonly string[]) {
  return start(process.execPath, [...options, `--import=${WATCH}`, PLANTED], { env: { PLANT: plants.join(',') } })
}

describe('the watch over all logs of the tests', () => {
  test('finds every kind of secret, whatever log it stands in', async () => {
    const child = run([], ...Object.keys(FOUND))
    assert.equal(await child.ended, 1, child.stderr())
    for (const [plant, found] of Object.entries(FOUND)) assert.match(child.stderr(), found, plant)
    assert.match(child.stderr(), new RegExp(`^error: ${Object.keys(FOUND).length} log lines hold`, 'm'))
  })

  test('says nothing of ids, states and counts', async () => {
    const child = run([], 'nothing')
    assert.deepEqual({ code: await child.ended, stderr: child.stderr() }, { code: 0, stderr: '' })
  })

  test('makes a test file fail that holds no other fault', async () => {
    const child = run(['--test', '--test-reporter=tap'], 'sent')
    assert.equal(await child.ended, 1)
    assert.match(child.stdout(), /^# fail 1$/m)
  })

  test('is on in npm test', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    assert.match(scripts['test:unit'], /^node --import=\.\/test\/support\/log-watch\/watch\.ts --test /)
  })
})

describe('what is looked for', () => {
  const TOKEN = '0123456789abcdefghijklmnop'

  function found(line: string): number {
    return findLeaks({ lines: [line], secrets: new Map([[TOKEN, 'token']]), codes: new Set(['4829']) }).length
  }

  test('is a secret anywhere in a line, whole or in its first part', () => {
    assert.equal(found(`{"url":"https://x/?t=${TOKEN}"}`), 1)
    assert.equal(found(`token=${TOKEN.slice(0, 20)}… (26)`), 1)
    assert.equal(found(`token=${TOKEN.slice(0, 6)}… (26)`), 0)
  })

  test('is a verify code as a number of its own', () => {
    assert.equal(found('{"code":"4829"}'), 1)
    assert.equal(found('{"bytes":14829}'), 0)
  })
})
