import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type IlinkSimulator, startIlinkSimulator } from '../../../scripts/embedded/ilink/simulator.ts'
import { ROOT } from '../../support/child.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { viewOf } from '../../support/test-daemon.ts'
import { waitFor } from '../../support/wait-for.ts'

/** The whole program, as an agent drives it: pipes on all sides. */

interface Login {
  readonly child: ChildProcess
  readonly simulator: IlinkSimulator
  readonly svg: string
  lines(): Record<string, unknown>[]
  said(): string
  readonly ended: Promise<number | null>
}

async function startLogin(t: TestContext): Promise<Login> {
  const simulator = await startIlinkSimulator()
  t.after(() => simulator.close())
  const home = temporaryFolder()
  const view = viewOf(join(home, 'openwechat_im_client'))
  view.writeConfig({
    base_url: 'https://YOUR_RELAY_SERVER:8000',
    token: 'replace_with_token',
    wechat: { baseUrl: simulator.url },
  })
  const svg = join(home, 'code.svg')
  const program = [join(ROOT, 'scripts', 'run.mjs'), 'wechat', 'login', '--svg', svg, '--json']
  const child = spawn(process.execPath, [...program, '--data-dir', view.folder.path], {
    env: { PATH: process.env['PATH'], HOME: home, LANG: 'C', OPENWECHAT_LOG_LEVEL: 'debug' },
  })
  t.after(() => child.kill('SIGKILL'))
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', data => {
    stdout += String(data)
  })
  child.stderr.on('data', data => {
    stderr += String(data)
  })
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  const lines = () =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as Record<string, unknown>)
  return { child, simulator, svg, lines, said: () => stdout + stderr, ended }
}

describe('the program', () => {
  test('logs in with a number from stdin, ends with it open, and says no secret at any log level', {
    timeout: 60_000,
  }, async t => {
    const login = await startLogin(t)
    const { controls, phone } = login.simulator
    const state = (name: string) => waitFor(name, () => login.lines().some(one => one['state'] === name))
    await state('code')
    const { code, link } = controls.lastQr() ?? assert.fail()
    phone.scan(code, { verifyCode: '4242' })
    await state('verify_code_needed')
    login.child.stdin?.write('4242\n')
    await state('scanned')
    phone.confirm(code)
    assert.equal(await login.ended, 0, login.said())
    assert.equal(login.lines().at(-1)?.['state'], 'logged_in')
    assert.ok(!existsSync(login.svg))
    const [bot] = controls.bots()
    for (const secret of [bot?.token ?? assert.fail(), code, link, '4242']) {
      assert.ok(!login.said().includes(secret), login.said())
    }
  })

  test('that is interrupted ends with 130, and takes its picture along', { timeout: 60_000 }, async t => {
    const login = await startLogin(t)
    await waitFor('the picture', () => login.lines().length > 0 && existsSync(login.svg))
    login.child.kill('SIGINT')
    assert.equal(await login.ended, 130)
    assert.ok(!existsSync(login.svg))
  })
})
