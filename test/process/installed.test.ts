import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { COMMANDS } from '../../scripts/cli.ts'
import { systemClock } from '../../scripts/core/clock.ts'
import { startRelay } from '../../scripts/embedded/relay/server.ts'
import { registerUser } from '../../scripts/embedded/relay-user.ts'
import { LEFT_OUT } from '../../tools/packaging/left-out-commands.ts'
import { ALICE, chat } from '../support/blocks.ts'
import { untilRunning } from '../support/child.ts'
import { type Installed, installSkillFolder, installTarball } from '../support/installed.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startScene, viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

/** Names and times of everything in a folder: what an update of the skill, or a reviewer, would find changed. */
function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map(path => `${path} ${statSync(join(folder, path)).mtimeMs}`)
}

const skill = installSkillFolder()

const copies: readonly { readonly how: string; readonly install: () => Promise<Installed> }[] = [
  { how: 'the packaged folder, copied into a skills folder', install: async () => skill },
  { how: 'the tarball of npm pack, installed into an empty folder', install: installTarball },
]

for (const { how, install } of copies) {
  test(`${how}: registers, sends, receives and reads, and stays as it was`, async t => {
    const relay = await startRelay()
    t.after(() => relay.close())
    const transport = createTransport({ http: '', https: '', except: '' })
    t.after(() => transport.close())
    const bob = await registerUser(relay.url, { name: 'bob' }, { fetch: transport.fetch, clock: systemClock })
    async function bobsInbox(): Promise<string> {
      const reply = await fetch(`${relay.url}/messages`, { headers: { 'X-Token': bob.token } })
      return reply.text()
    }
    const copy = await install()
    const before = listing(copy.folder)
    const path = join(temporaryFolder(), 'openwechat_im_client')
    const view = viewOf(path)
    const env = { XDG_STATE_HOME: temporaryFolder() }
    async function done(...args: string[]): Promise<string> {
      const { code, stdout, stderr } = await copy.run([...args, '--data-dir', path], env)
      assert.equal(code, 0, `${args[0]}: ${stderr}${stdout}`)
      assert.doesNotMatch(stderr, /warning/i)
      return stdout
    }

    await done('register', '--base-url', relay.url, '--name', 'me')
    const me = Number(view.json('config.json')['my_id'])
    await done('send', String(bob.id), 'may I?')
    assert.match(await bobsInbox(), /may I\?/)

    const daemon = copy.start(['sse', '--data-dir', path], env)
    await untilRunning(daemon)
    await waitFor('the stream', () => view.channel(/SSE_CONNECTED/).length === 1)
    await bob.send(me, 'of course')
    await waitFor('the record', () => view.records().some(one => one.content === 'of course'))
    await done('send', String(bob.id), 'thank you')
    assert.match(await bobsInbox(), /thank you/)
    assert.match(await done('search', 'of course', '--json'), /"text":"of course"/)
    assert.equal(JSON.parse(await done('status', '--json')).relay.state, 'connected')
    await done('doctor')
    view.writeConfig({ ...view.json('config.json'), lang: 'zh' })
    await waitFor('the changed settings', () => view.channel(/CONFIG_RELOADED/).length === 1)

    daemon.kill('SIGTERM')
    assert.equal(await daemon.ended, 0)
    assert.doesNotMatch(daemon.stderr(), /warning/i)
    assert.ok(readdirSync(join(path, '.cache')).length > 0, 'compiled code is kept')
    assert.deepEqual(listing(copy.folder), before)
  })
}

describe('an installed skill folder', () => {
  test('says of the demo and the relay that they are in the repository, and how to run them there', async () => {
    const { scripts } = JSON.parse(readFileSync(join(skill.folder, 'package.json'), 'utf8'))
    for (const args of [
      ['demo', '--once'],
      ['relay', '--port', '0'],
      ['relay', '--help'],
    ]) {
      const { code, stdout, stderr } = await skill.run(args)
      assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
      assert.match(stderr, /^error: "(?:demo|relay)" needs the embedded relay, .*not part of the installed skill/)
      assert.match(stderr, new RegExp(`^  next: clone the repository .* npm ci && npm run ${args[0]}$`, 'm'))
      assert.equal(scripts[args[0] ?? ''], undefined)
    }
    const chinese = await skill.run(['demo', '--lang', 'zh'])
    assert.match(chinese.stderr, /^错误：.*内置中继.*\n {2}下一步：克隆本技能的仓库/)
  })

  test('offers in its help the commands that it has, each with a help of its own', async () => {
    const { code, stdout } = await skill.run(['--help'])
    assert.equal(code, 0)
    const names = [...stdout.matchAll(/^ {2}([\w-]+) /gm)].map(match => match[1] ?? '')
    assert.deepEqual(
      names,
      Object.keys(COMMANDS).filter(name => !LEFT_OUT.has(name)),
    )
  })

  test('starts the daemon over with a small heap, as the same process', async () => {
    const path = join(temporaryFolder(), 'openwechat_im_client')
    // What this child is asked for here is its own start; the report of a fault is where Node tells it portably.
    const report = join(temporaryFolder(), 'report.json')
    const options = `--report-on-signal --report-signal=SIGUSR2 --report-filename=${report}`
    const daemon = skill.start(['sse', '--no-identity-lock', '--data-dir', path], { NODE_OPTIONS: options })
    await untilRunning(daemon)
    daemon.kill('SIGUSR2')
    const { header } = await waitFor('the report', () => {
      if (!existsSync(report)) return undefined
      try {
        return JSON.parse(readFileSync(report, 'utf8')) as { header: { commandLine: string[]; processId: number } }
      } catch {
        return undefined
      }
    })
    daemon.kill('SIGTERM')
    await daemon.ended
    assert.equal(header.processId, daemon.process.pid)
    assert.ok(header.commandLine.includes('--max-semi-space-size=4'), header.commandLine.join(' '))
  })

  test('shares a folder with its data: the sibling is where it looks, and reading creates nothing', async () => {
    const { code, stderr } = await skill.run(['status'])
    assert.equal(code, 1)
    assert.match(stderr, /no data folder at .*\/skills\/openwechat_im_client\./)
    assert.deepEqual(readdirSync(join(skill.folder, '..')), ['openwechat-im-client'])
  })

  test('uses its own packages, whatever else lies above it', async () => {
    const foreign = join(skill.folder, '..', 'node_modules', 'undici')
    mkdirSync(foreign, { recursive: true })
    writeFileSync(join(foreign, 'package.json'), '{"name":"undici","main":"index.js"}')
    writeFileSync(join(foreign, 'index.js'), "throw new Error('the wrong one')\n")
    const path = temporaryFolder()
    const { stdout, stderr } = await skill.run(['doctor', '--data-dir', path])
    rmSync(join(skill.folder, '..', 'node_modules'), { recursive: true })
    assert.match(stdout, /config\.json/)
    assert.doesNotMatch(stdout + stderr, /the wrong one/)
  })

  test('needs none of its packages to read', async t => {
    const { folder, run } = installSkillFolder()
    for (const name of readdirSync(join(folder, 'packages'))) {
      if (name !== 'resolve.json') rmSync(join(folder, 'packages', name), { recursive: true })
    }
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    scene.relay.streams[0]?.push(chat(ALICE, 'hello'))
    await scene.until('written', () => scene.records().length === 1)
    await scene.stop()
    const read = (...args: string[]) => run([...args, '--json', '--data-dir', scene.folder.path])
    assert.equal(JSON.parse((await read('status')).stdout).messages_received, 1)
    for (const args of [['inbox'], ['history', '--peer', `${ALICE.id}`], ['search', 'hello'], ['wait']]) {
      const { stdout, stderr } = await read(...args)
      assert.match(stdout, /"text":"hello"/, `${args[0]}: ${stderr}`)
    }
  })

  test('without packages anywhere says how to bring them, in a clone and in a skills folder', async () => {
    const { folder, run } = installSkillFolder()
    rmSync(join(folder, 'packages'), { recursive: true })
    const { code, stderr } = await run(['status'])
    assert.equal(code, 1)
    assert.match(stderr, /^error: the packages of this skill are not installed/)
    assert.match(stderr, /npm ci\n/)
    assert.match(stderr, /npm ci --omit=dev --ignore-scripts --no-bin-links\n/)
    assert.match(stderr, /--force/)
  })

  test('under an older Node names the newer ones that are there, and does not send for npm', async () => {
    const old = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.2'})`
    const bin = temporaryFolder()
    symlinkSync(process.execPath, join(bin, 'node'))
    const { code, stderr } = await skill.run(['status'], { NODE_OPTIONS: `--import=${old}`, PATH: bin })
    assert.equal(code, 1)
    assert.match(stderr, /^error: this needs Node 24\.15 or newer/)
    assert.ok(stderr.includes(join(bin, 'node')), stderr)
    assert.doesNotMatch(stderr, /npm/)
  })
})
