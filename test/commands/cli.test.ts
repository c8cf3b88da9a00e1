import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { formatError } from '../../scripts/commands/help.ts'
import { runProgram, startDaemonProcess } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

const COMMANDS = ['sse', 'status', 'doctor', 'relay', 'demo', 'ui']

describe('the command line', () => {
  test('without a command it shows what there is, and that is a wrong usage', async () => {
    const { code, stderr } = await runProgram([])
    assert.equal(code, 2)
    for (const name of COMMANDS) assert.match(stderr, new RegExp(`^ {2}${name} `, 'm'))
    assert.equal((await runProgram(['--help'])).code, 0)
  })

  test('every command explains itself in both languages, with examples', async () => {
    for (const name of COMMANDS) {
      const en = await runProgram([name, '--help'])
      const zh = await runProgram([name, '--help', '--lang', 'zh'])
      assert.equal(en.code, 0)
      assert.match(en.stdout, /Examples:\n {2}npm run /)
      assert.match(zh.stdout, /示例：\n {2}npm run /)
      assert.match(zh.stdout, /[\u4e00-\u9fff]{4}/)
    }
  })

  test('the language follows the locale', async () => {
    const { stderr } = await runProgram(['nope'], { env: { LANG: 'zh_CN.UTF-8' } })
    assert.match(stderr, /^错误：未知命令 "nope"。\n {2}下一步：/)
  })

  test('unknown commands and options exit with 2 and the next step', async () => {
    for (const args of [['nope'], ['status', '--nope'], ['constructor'], ['relay', '--port', 'x']]) {
      const { code, stderr } = await runProgram(args)
      assert.equal(code, 2, args.join(' '))
      assert.match(stderr, /^error: /)
    }
  })

  test('errors are JSON where JSON is asked for', async () => {
    const { code, stderr } = await runProgram(['status', '--json', '--data-dir', join(temporaryFolder(), 'none')])
    assert.equal(code, 1)
    const error = JSON.parse(stderr)
    assert.match(error.error, /no data folder/)
    assert.match(error.next, /npm run sse/)
  })

  test('--version', async () => {
    assert.match((await runProgram(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
  })

  test('an older Node is told apart, with both languages and the next step', async () => {
    const old = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.2'})`
    const { code, stderr } = await runProgram(['status'], { nodeOptions: ['--import', old] })
    assert.equal(code, 1)
    assert.match(stderr, /^error: this needs Node 24\.15 or newer/)
    assert.match(stderr, /错误：需要 Node/)
    assert.match(stderr, /npm ci/)
  })
})

describe('status', () => {
  test('creates nothing', async () => {
    const parent = temporaryFolder()
    const path = join(parent, 'openwechat_im_client')
    const { code, stderr } = await runProgram(['status', '--data-dir', path])
    assert.equal(code, 1)
    assert.match(stderr, /next: Start the daemon once/)
    assert.deepEqual(readdirSync(parent), [])
  })

  test('reads a folder that has no database yet', async () => {
    const path = temporaryFolder()
    const { code, stdout } = await runProgram(['status', '--json', '--data-dir', path])
    assert.equal(code, 0)
    const status = JSON.parse(stdout)
    assert.deepEqual(status.daemon, { running: false })
    assert.deepEqual(status.config, { state: 'missing' })
    assert.equal(status.relay, null)
    assert.deepEqual(readdirSync(path), [])
  })

  test('does not repeat what a daemon that is gone said of a file that may have changed', async () => {
    const path = join(temporaryFolder(), 'openwechat_im_client')
    const view = viewOf(path)
    view.writeConfig({ base_url: 'ftp://x', token: 't' })
    const stateOf = async () =>
      JSON.parse((await runProgram(['status', '--json', '--data-dir', path])).stdout).config.state
    const daemon = await startDaemonProcess(path)
    await waitFor('its word', async () => (await stateOf()) === 'invalid')
    daemon.kill('SIGTERM')
    await daemon.ended
    assert.equal(await stateOf(), 'unread')
  })

  test('speaks the language that config.json names; --lang goes before it', async () => {
    const path = temporaryFolder()
    viewOf(path).writeConfig({ base_url: 'http://127.0.0.1:9', token: 'a'.repeat(32), lang: 'zh' })
    assert.match((await runProgram(['status', '--data-dir', path])).stdout, /守护进程：未运行/)
    assert.match((await runProgram(['status', '--data-dir', path, '--lang', 'en'])).stdout, /Daemon: not running/)
  })

  test('takes the folder from the environment', async () => {
    const path = temporaryFolder()
    const { stdout } = await runProgram(['status', '--json'], { env: { OPENWECHAT_DATA_DIR: path } })
    assert.equal(JSON.parse(stdout).data_folder, path)
  })
})

describe('an error that nobody foresaw', () => {
  test('shows its words escaped and its frames, and no line of the words raw', () => {
    const error = new Error('first\nsecond \u001b[2J line')
    const text = formatError(error, { language: 'en', json: false })
    assert.match(text, /^error: first\\nsecond \\u001b\[2J line\n {4}at /)
    assert.doesNotMatch(text, /\u001b/)
  })
})

describe('the daemon’s folder', () => {
  test('that can not be made is one clear error, and nothing is created', async () => {
    const parent = temporaryFolder()
    writeFileSync(join(parent, 'file'), '')
    const { code, stderr } = await runProgram(['sse', '--data-dir', join(parent, 'file', 'openwechat_im_client')])
    assert.equal(code, 1)
    assert.match(stderr, /^error: The data folder .* can not be created or written \(ENOTDIR\)\.\n {2}next: /)
    assert.deepEqual(readdirSync(parent), ['file'])
  })

  test('is not made where a folder above it is missing too', async () => {
    const parent = temporaryFolder()
    const { code, stderr } = await runProgram(['sse', '--data-dir', join(parent, 'a', 'b')])
    assert.equal(code, 1)
    assert.match(stderr, /ENOENT/)
    assert.equal(existsSync(join(parent, 'a')), false)
  })
})

describe('doctor', () => {
  test('checks what is on disk first and names the cure', async () => {
    const path = join(temporaryFolder(), 'openwechat_im_client')
    mkdirSync(path, { mode: 0o755 })
    writeFileSync(join(path, 'Skill.MD'), '# hi')
    viewOf(path).writeConfig({ base_url: 'x', token: 't' })
    const { code, stdout } = await runProgram(['doctor', '--json', '--data-dir', path])
    assert.equal(code, 1)
    const { findings } = JSON.parse(stdout) as { findings: { check: string; level: string; next?: string }[] }
    const of = (check: string) => findings.find(one => one.check === check)
    assert.equal(of('data folder')?.level, 'warning')
    assert.match(of('data folder')?.next ?? '', /chmod 700/)
    assert.equal(of('stray file')?.level, 'warning')
    assert.equal(of('config.json')?.level, 'fault')
    assert.equal(of('daemon')?.next, 'npm run sse')
    assert.equal(statSync(path).mode & 0o777, 0o755, 'it changes nothing')
  })

  test('says that nothing answers at the relay’s address', async () => {
    const path = join(temporaryFolder(), 'openwechat_im_client')
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    for (const [number, reason] of [
      [port, 'ECONNREFUSED'],
      [6000, 'bad_port'],
    ]) {
      viewOf(path).writeConfig({ base_url: `http://127.0.0.1:${number}`, token: 'a'.repeat(32) })
      const { code, stdout } = await runProgram(['doctor', '--data-dir', path])
      assert.equal(code, 1)
      assert.match(stdout, new RegExp(`^FAULT {4}relay: not reachable \\(${reason}\\)$`, 'm'))
    }
  })
})
