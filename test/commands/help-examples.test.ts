import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { COMMANDS } from '../../scripts/cli.ts'
import { formatHelp } from '../../scripts/commands/help.ts'
import { systemClock } from '../../scripts/core/clock.ts'
import { type IlinkSimulator, startIlinkSimulator } from '../../scripts/embedded/ilink/simulator.ts'
import { type EmbeddedRelay, startRelay } from '../../scripts/embedded/relay/server.ts'
import { type RelayUser, registerUser } from '../../scripts/embedded/relay-user.ts'
import { type Child, ROOT, start, startDaemonProcess } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

/** Whoever copies an example out of a help text gets what it promises. */

/** These run until they are interrupted; this is the sign that they do. */
const SIGNS_OF_LIFE: Readonly<Record<string, RegExp>> = {
  sse: /Running\./,
  relay: /Relay: http/,
  ui: /Page: http/,
  demo: /conversations\.md:\d|\$ wechat login/,
}

const home = temporaryFolder()
const folder = join(temporaryFolder(), 'openwechat_im_client')
const transport = createTransport({ http: '', https: '', except: '' })
/** Stands in for OpenClaw, which takes everything. */
const gateway = createServer((_, response) => void response.end('{"ok":true}'))
let relay: EmbeddedRelay
let wechat: IlinkSimulator
/** The phone is put away. */
const evening = new AbortController()
let friend: RelayUser
let daemon: Child
let myId = 0

before(async () => {
  relay = await startRelay({ rateLimit: false })
  const net = { fetch: transport.fetch, clock: systemClock }
  const me = await registerUser(relay.url, { name: 'me' }, net)
  friend = await registerUser(relay.url, { name: 'friend', description: 'weather' }, net)
  assert.equal(friend.id, 2, 'the examples write to #2')
  myId = me.id
  await me.send(2, 'hello')
  await friend.send(me.id, 'ok, the flaky test is in 会议室')
  await once(gateway.listen(0, '127.0.0.1'), 'listening')
  const wake = { url: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/hooks`, token: 'example' }
  wechat = await startIlinkSimulator()
  carryPhone(wechat).catch(error => assert.ok(evening.signal.aborted, String(error)))
  const { url: baseUrl, cdnUrl } = wechat
  const config = { base_url: relay.url, token: me.token, my_id: me.id, wake, wechat: { baseUrl, cdnUrl } }
  viewOf(folder).writeConfig(config)
  daemon = await startDaemonProcess(folder, { args: ['--no-identity-lock'] })
  writeFileSync(join(home, 'notes.txt'), 'notes')
  writeFileSync(join(home, 'page.html'), '<p>page</p>')
})

after(async () => {
  daemon.kill('SIGTERM')
  await daemon.ended
  gateway.close()
  await relay.close()
  evening.abort()
  await wechat.close()
  await transport.close()
})

const GREETING = 'hello from the phone'

/** Somebody scans every QR code, confirms it, and writes a word to the bot. */
async function carryPhone({ controls, phone }: IlinkSimulator): Promise<void> {
  const { signal } = evening
  for (;;) {
    await controls.until(() => controls.lastQr()?.status === 'wait', signal)
    const { code } = controls.lastQr() ?? assert.fail()
    const before = controls.bots().length
    phone.scan(code)
    phone.confirm(code)
    await controls.until(() => controls.bots().length > before, signal)
    phone.write({ kind: 'text', text: GREETING })
  }
}

/** As typed into a shell; only ports, the address of the relay, and where a QR code is shown are those of this test. */
function typed(example: string, name: string): Child {
  // There is no terminal here.
  const picture = example.includes('wechat login') && !example.includes('--svg') ? ' --svg ./code.svg' : ''
  const isServer = name === 'relay' || name === 'ui'
  const port = isServer && !example.includes('--port') ? `${example.includes(' -- ') ? '' : ' --'} --port 0` : ''
  const line = `${example}${port}${picture}`
    .replaceAll('http://127.0.0.1:8000', relay.url)
    .replace(/--port \d+/, '--port 0')
    .replaceAll('npm run -s im -- ', 'program ')
    .replace(/npm run (\w+)(?: --)?/, 'program $1')
  const own = name === 'register' || name === 'sse' ? join(home, 'another') : folder
  const script = `program() { '${process.execPath}' '${join(ROOT, 'scripts', 'run.mjs')}' "$@"; }; ${line}`
  return start('sh', ['-c', script.replace('program() {', 'program() { exec')], {
    cwd: home,
    env: { HOME: home, LANG: 'C', OPENWECHAT_DATA_DIR: name === 'demo' ? undefined : own, TMPDIR: home },
  })
}

async function untilInterrupted(child: Child, sign: RegExp): Promise<void> {
  await waitFor('a sign of life', () => {
    assert.equal(child.process.exitCode, null, child.stderr())
    return sign.test(child.stdout() + child.stderr())
  })
  child.kill('SIGINT')
  // A relay with all faults keeps its streams at the first one.
  await waitFor('the end', () => child.process.exitCode !== null || child.process.signalCode !== null, {
    everyMs: 100,
    meanwhile: () => /Once more ends them/.test(child.stderr()) && child.kill('SIGINT'),
  })
}

describe('every example of every help text', () => {
  mkdirSync(join(home, 'another'))
  for (const [name, load] of Object.entries(COMMANDS)) {
    test(name, async t => {
      const { examples } = await load()
      assert.ok(examples.length > 0)
      for (const example of examples) {
        await t.test(example, async () => {
          // Something new is there for whoever waits for it.
          if (name === 'wait') await friend.send(myId, 'new')
          // Only who wrote can be answered.
          if (/wechat (?:typing|send)/.test(example))
            await waitFor('the greeting', () => viewOf(folder).text('conversations.md').includes(GREETING))
          const child = typed(example, name)
          const sign = example.includes('--once') ? undefined : SIGNS_OF_LIFE[name]
          if (sign !== undefined) await untilInterrupted(child, sign)
          assert.equal(await child.ended, 0, child.stderr())
          // A login tells programs each of its states in a line.
          const texts = example.includes('wechat login') ? child.stdout().trimEnd().split('\n') : [child.stdout()]
          if (example.includes('--json')) for (const text of texts) assert.doesNotThrow(() => JSON.parse(text), text)
          else assert.notEqual(child.stdout() + child.stderr(), '')
        })
      }
    })
  }
})

describe('help', () => {
  for (const [name, load] of Object.entries(COMMANDS)) {
    test(`${name} explains itself and every option in both languages`, async () => {
      const command = await load()
      const [english, chinese] = [formatHelp(name, command, 'en'), formatHelp(name, command, 'zh')]
      assert.ok(english.includes(command.about.en))
      assert.ok(chinese.includes(command.about.zh))
      assert.notEqual(command.about.en, command.about.zh)
      for (const option of Object.keys(command.options ?? {})) {
        const { en = '', zh = '' } = command.optionHelp?.[option] ?? {}
        assert.ok(en !== '' && english.includes(`--${option}`) && english.includes(en), `${name} --${option}`)
        assert.ok(zh !== '' && chinese.includes(zh), `${name} --${option}`)
      }
    })
  }
})
