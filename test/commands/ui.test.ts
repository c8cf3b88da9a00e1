import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { restrictions } from '../../scripts/commands/page-process.ts'
import { SHOWN_FILES } from '../../scripts/store/data-file-reader.ts'
import { dataFolderAt } from '../../scripts/store/data-folder.ts'
import { type Child, ROOT, runProgram, start, startProgram } from '../support/child.ts'
import { installSkillFolder } from '../support/installed.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const SECRET = 'TOP-SECRET-7f3a'
const HIDDEN = ['config.json', 'state.db', 'state.db-wal', 'lock.db', 'conversations.md.bak']

function someData(): string {
  const path = join(temporaryFolder(), 'openwechat_im_client')
  mkdirSync(path, { mode: 0o700 })
  for (const name of SHOWN_FILES) writeFileSync(join(path, name), `shown: ${name}`)
  for (const name of HIDDEN) writeFileSync(join(path, name), SECRET)
  writeFileSync(join(path, 'config.json'), JSON.stringify({ lang: 'zh', token: SECRET }))
  return path
}

/** Without the place for compiled code, which every command makes beside a database. */
function listing(folder: string): string[] {
  const names = readdirSync(folder).filter(name => name !== '.cache')
  return names.map(name => `${name} ${statSync(join(folder, name)).mtimeMs}`)
}

async function untilServing(t: TestContext, child: Child): Promise<string> {
  t.after(() => child.kill('SIGKILL'))
  return waitFor('the address', () => {
    assert.equal(child.process.exitCode, null, child.stderr())
    // A remark follows the address: whoever waits for both has both.
    return child.stderr().includes('Ctrl-C') && /http:\/\/127\.0\.0\.1:\d+/.exec(child.stdout())?.[0]
  })
}

/** Says what the process that serves the page can read, whatever the server's own rules are. */
function probe(paths: readonly string[]): string {
  const code = `
    import { readFileSync, readdirSync } from 'node:fs'
    if (process.permission !== undefined) for (const path of ${JSON.stringify(paths)}) {
      let outcome = 'read'
      try { readFileSync(path) } catch (error) { outcome = error.code }
      process.stderr.write('PROBE ' + path + ' ' + outcome + '\\n')
    }`
  return `--import=data:text/javascript,${encodeURIComponent(code)}`
}

describe('ui', () => {
  test('prints where the page is, serves it without a daemon and without writing, and ends at once although a page listens', async t => {
    const data = someData()
    const before = listing(data)
    const child = startProgram(['ui', '--port', '0', '--data-dir', data, '--lang', 'en'])
    const url = await untilServing(t, child)
    assert.match(child.stdout(), /^Page: http:\/\/127\.0\.0\.1:\d+\n$/)
    assert.ok(child.stderr().includes(data))
    assert.match(await (await fetch(url)).text(), /<!doctype html>/i)
    const reply = await fetch(`${url}/openwechat_im_client/profile.json`)
    assert.equal(await reply.text(), 'shown: profile.json')
    const live = await fetch(`${url}/live`)
    assert.equal(live.status, 200)
    child.kill('SIGINT')
    assert.equal(await child.ended, 0)
    await assert.rejects(live.text())
    assert.deepEqual(listing(data), before)
  })

  test('says with --json nothing but its address, and speaks the configured language', async t => {
    const child = startProgram(['ui', '--port', '0', '--json', '--data-dir', someData()])
    const url = await untilServing(t, child)
    assert.deepEqual(JSON.parse(child.stdout()), { url })
    assert.match(child.stderr(), /按 Ctrl-C 停止/)
    child.kill('SIGTERM')
    assert.equal(await child.ended, 0)
  })

  test('serves a folder that is not there yet', async t => {
    const data = join(temporaryFolder(), 'openwechat_im_client')
    const url = await untilServing(t, startProgram(['ui', '--port', '0', '--data-dir', data]))
    assert.equal((await fetch(`${url}/openwechat_im_client/profile.json`)).status, 404)
    mkdirSync(data)
    writeFileSync(join(data, 'profile.json'), '{}')
    assert.equal((await fetch(`${url}/openwechat_im_client/profile.json`)).status, 200)
  })

  test('finds its data below a link', async t => {
    const link = join(temporaryFolder(), 'link')
    symlinkSync(someData(), link)
    const url = await untilServing(t, startProgram(['ui', '--port', '0', '--data-dir', link]))
    assert.equal((await fetch(`${url}/openwechat_im_client/profile.json`)).status, 200)
  })

  test('runs from a skill folder as it is installed', async t => {
    const child = installSkillFolder().start(['ui', '--port', '0', '--data-dir', someData(), '--lang', 'en'])
    const url = await untilServing(t, child)
    assert.match(await (await fetch(url)).text(), /<!doctype html>/i)
    assert.doesNotMatch(child.stderr(), /permission model/)
  })

  test('names who has its port, and the next free one', async t => {
    const url = await untilServing(t, startProgram(['ui', '--port', '0', '--data-dir', someData()]))
    const port = new URL(url).port
    const second = await runProgram(['ui', '--port', port, '--data-dir', someData(), '--lang', 'en'])
    assert.equal(second.code, 1)
    assert.match(second.stderr, /^error: Port \d+ is taken: the page is running there already/)
    assert.ok(second.stderr.includes(`Open ${url}`))
    const offered = Number(/--port (\d+)/.exec(second.stderr)?.[1])
    assert.ok(offered > Number(port))
    const third = startProgram(['ui', '--port', String(offered), '--data-dir', someData()])
    assert.equal(new URL(await untilServing(t, third)).port, String(offered))
  })

  test('knows another program from a page of its own', async t => {
    const other = createServer(socket => socket.end('220 hello\r\n'))
    t.after(() => other.close())
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const { code, stderr } = await runProgram(['ui', '--port', String(port), '--data-dir', temporaryFolder()])
    assert.equal(code, 1)
    assert.match(stderr, /^error: Port \d+ is taken by another program\.\n.*npm run ui -- --port \d+/)
  })

  test('takes only what is a port', async () => {
    for (const args of [['--port', '65536'], ['--port', 'x'], ['--port', '-1'], ['extra']]) {
      const { code } = await runProgram(['ui', ...args, '--data-dir', temporaryFolder()])
      assert.equal(code, 2, args.join(' '))
    }
  })
})

describe('the page’s process', () => {
  test('can read the seven files and no other, whatever it is asked for', async t => {
    const data = someData()
    const outside = [
      ...HIDDEN.map(name => join(data, name)),
      data,
      '/etc/passwd',
      join(ROOT, 'README.md'),
      '/proc/self/environ',
    ]
    const shown = SHOWN_FILES.map(name => join(data, name))
    const nodeOptions = [probe([...outside, ...shown])]
    const child = startProgram(['ui', '--port', '0', '--data-dir', data, '--lang', 'en'], { nodeOptions })
    await untilServing(t, child)
    for (const path of outside) assert.ok(child.stderr().includes(`PROBE ${path} ERR_ACCESS_DENIED\n`), path)
    for (const path of shown) assert.ok(child.stderr().includes(`PROBE ${path} read\n`), path)
    assert.doesNotMatch(child.stderr(), /permission model/)
  })

  test('gives nothing away even when the whitelist is broken', async () => {
    const data = someData()
    const options = restrictions(ROOT, dataFolderAt(data)) ?? []
    const broken = join(import.meta.dirname, '..', 'server', 'ui', 'broken-whitelist.ts')
    for (const name of [...HIDDEN, 'profile.json']) {
      const child = start(process.execPath, [...options, broken, join(data, name)])
      assert.equal(await child.ended, 0, child.stderr())
      const expected = name === 'profile.json' ? `open shown: ${name}\n` : 'unreadable ERR_ACCESS_DENIED\n'
      assert.equal(child.stdout(), expected, name)
    }
  })

  test('without the model it could: the proof above means something', async () => {
    const broken = join(import.meta.dirname, '..', 'server', 'ui', 'broken-whitelist.ts')
    const child = start(process.execPath, [broken, join(someData(), 'state.db')])
    await child.ended
    assert.equal(child.stdout(), `open ${SECRET}\n`)
  })

  test('can start no program and no worker, and write nothing', async t => {
    const data = someData()
    const code = `
      import { writeFileSync } from 'node:fs'
      import { spawnSync } from 'node:child_process'
      import { Worker } from 'node:worker_threads'
      if (process.permission !== undefined) for (const [name, act] of [
        ['write', () => writeFileSync(${JSON.stringify(join(data, 'profile.json'))}, 'x')],
        ['spawn', () => { const { error } = spawnSync('true'); if (error) throw error }],
        ['worker', () => new Worker('0', { eval: true })],
      ]) {
        let outcome = 'done'
        try { act() } catch (error) { outcome = error.code }
        process.stderr.write('PROBE ' + name + ' ' + outcome + '\\n')
      }`
    const nodeOptions = [`--import=data:text/javascript,${encodeURIComponent(code)}`]
    const child = startProgram(['ui', '--port', '0', '--data-dir', data, '--lang', 'en'], { nodeOptions })
    await untilServing(t, child)
    for (const name of ['write', 'spawn', 'worker']) {
      assert.ok(child.stderr().includes(`PROBE ${name} ERR_ACCESS_DENIED\n`), child.stderr())
    }
  })

  test('has no restriction for a path that Node would take for many, and says so', async t => {
    const data = join(temporaryFolder(), 'a*b', 'openwechat_im_client')
    assert.equal(restrictions(ROOT, dataFolderAt(data)), null)
    const child = startProgram(['ui', '--port', '0', '--data-dir', data, '--lang', 'en'])
    await untilServing(t, child)
    await waitFor('the remark', () => /runs without Node’s permission model/.test(child.stderr()))
  })
})

test('the demo serves a page that shows its messages, and says what it is not', async t => {
  const child = startProgram(['demo', '--lang', 'en'], { env: { TMPDIR: temporaryFolder() } })
  t.after(() => child.kill('SIGKILL'))
  const url = await waitFor('the address', () => /Page: (\S+)/.exec(child.stdout())?.[1])
  await waitFor('a message', () => /conversations\.md:1\n/.test(child.stdout()))
  const reply = await fetch(`${url}/openwechat_im_client/conversations.md`)
  assert.match(await reply.text(), /^\[.+\] from=#\d/)
  assert.match(child.stderr(), /permission model/)
  child.kill('SIGINT')
  assert.equal(await child.ended, 0)
})
