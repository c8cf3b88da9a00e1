import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { nodeFiles } from '../../scripts/store/files.ts'
import { ROOT, runProgram, startDaemonProcess } from '../support/child.ts'
import { marksIn, openDesk } from '../support/retention-desk.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { viewOf } from '../support/test-daemon.ts'

/** The desk lives in March 2026, the commands live now: ages are counted from there. */
async function folderWith(t: TestContext, { read = true } = {}): Promise<string> {
  const path = join(temporaryFolder(), 'openwechat_im_client')
  const desk = openDesk(t, { path, files: nodeFiles })
  const young = (Date.UTC(2026, 2, 9, 10) - Date.now()) / 86_400_000
  await desk.receive({ content: 'm11', age: 20 }, { content: 'm12', age: 19 }, { content: 'm21', age: young })
  if (read) await desk.read()
  await desk.settled()
  await desk.close()
  return path
}

const inFiles = (path: string) =>
  ['inbox_pushed.md', 'conversations.md'].map(name => marksIn(readFileSync(join(path, name), 'utf8')))

describe('retention', () => {
  test('says how much is older, since when, how large the files are, and what prune would do', async t => {
    const path = await folderWith(t)
    const { code, stdout } = await runProgram(['retention', '--data-dir', path])
    assert.equal(code, 0)
    assert.match(stdout, /^Older than 7 days: 2 messages, received since 2026-02-17T10:00:00Z\.$/m)
    assert.match(
      stdout,
      /^Sizes: conversations\.md 1 kB, inbox_pushed\.md 1 kB, state\.db [\d.]+ (?:kB|MB), \.archive 0 kB$/m,
    )
    assert.match(stdout, /would write 2 messages to \.archive/)
    const zh = await runProgram(['retention', '--data-dir', path, '--lang', 'zh'])
    assert.match(zh.stdout, /超过 7 天：2 条消息/)
    const json = JSON.parse((await runProgram(['retention', '--json', '--data-dir', path])).stdout)
    assert.deepEqual([json.days, json.older_messages, json.archivable_messages, json.unread_messages], [7, 2, 2, 0])
    assert.equal(existsSync(join(path, '.archive')), false)
  })

  test('counts what is unread, and says how to read it', async t => {
    const path = await folderWith(t, { read: false })
    const { stdout } = await runProgram(['retention', '--data-dir', path])
    assert.match(stdout, /^2 older ones are unread: .*inbox --ack$/m)
    assert.doesNotMatch(stdout, /would write/)
  })

  test('is in status: in words where there is something to ask, in numbers always', async t => {
    const path = await folderWith(t)
    const json = async () => JSON.parse((await runProgram(['status', '--json', '--data-dir', path])).stdout).retention
    const text = async (lang: string) => (await runProgram(['status', '--data-dir', path, '--lang', lang])).stdout
    assert.deepEqual(await json(), { days: 7, older_messages: 2, oldest_utc: '2026-02-17T10:00:00Z' })
    assert.match(await text('en'), /^Older than 7 days: 2 messages, since 2026-02-17T10:00:00Z\. Archive them\?/m)
    assert.match(await text('zh'), /^超过 7 天：2 条消息/m)
    viewOf(path).writeConfig({ retention_days: 0 })
    assert.equal((await json()).older_messages, 0)
    assert.doesNotMatch(await text('en'), /Older than/)
  })
})

describe('retention prune', () => {
  test('without --yes only says what it would do, exit code 2', async t => {
    const path = await folderWith(t)
    const { code, stdout, stderr } = await runProgram(['retention', 'prune', '--data-dir', path])
    assert.equal(code, 2)
    assert.match(stdout, /would write 2 messages/)
    assert.equal(stderr, 'Nothing was changed. With --yes it is done.\n')
    assert.deepEqual(inFiles(path), [
      ['m11', 'm12', 'm21'],
      ['m11', 'm12', 'm21'],
    ])
  })

  test('with --yes archives, with no daemon running', async t => {
    const path = await folderWith(t)
    const { code, stdout, stderr } = await runProgram(['retention', 'prune', '--yes', '--json', '--data-dir', path])
    assert.equal(code, 0, stderr)
    const result = JSON.parse(stdout)
    assert.equal(result.archived_messages, 2)
    assert.deepEqual(
      result.archives.map((one: string) => marksIn(readFileSync(join(path, one), 'utf8'))),
      [
        ['m11', 'm12'],
        ['m11', 'm12'],
      ],
    )
    assert.deepEqual(inFiles(path), [['m21'], ['m21']])
    const again = await runProgram(['retention', 'prune', '--yes', '--data-dir', path])
    assert.match(again.stdout, /^No message was to be archived\.$/m)
  })

  test('is done by the daemon that runs', async t => {
    const path = await folderWith(t)
    const daemon = await startDaemonProcess(path, { args: ['--no-identity-lock'] })
    const { code, stdout, stderr } = await runProgram(['retention', 'prune', '--yes', '--data-dir', path])
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^Archived: 2 messages from before /m)
    assert.equal(readdirSync(join(path, '.archive')).length, 2)
    const rebuilt = await runProgram(['rebuild', '--yes', '--data-dir', path])
    assert.equal(rebuilt.code, 0, rebuilt.stderr)
    assert.deepEqual(inFiles(path), [['m21'], ['m21']])
    daemon.kill('SIGTERM')
    assert.equal(await daemon.ended, 0)
  })

  test('asks at a terminal, and takes a no for a no', async t => {
    const path = await folderWith(t)
    const ask = (answer: string) =>
      spawnSync(
        'python3',
        [
          '-c',
          AT_TERMINAL,
          answer,
          process.execPath,
          join(ROOT, 'scripts', 'run.mjs'),
          'retention',
          'prune',
          '--data-dir',
          path,
        ],
        { encoding: 'utf8', env: { ...process.env, LANG: 'C' }, timeout: 60_000 },
      )
    const no = ask('no')
    assert.equal(no.status, 2, no.stdout + no.stderr)
    assert.match(no.stdout, /Archive them now\? \[y\/N\]/)
    assert.equal(inFiles(path)[0]?.length, 3)
    const yes = ask('y')
    assert.equal(yes.status, 0, yes.stdout + yes.stderr)
    assert.deepEqual(inFiles(path), [['m21'], ['m21']])
  })

  test('takes only a limit that makes sense', async t => {
    const path = await folderWith(t)
    for (const days of ['0', '3651', '1.5']) {
      const { code, stderr } = await runProgram(['retention', 'prune', '--yes', `--days=${days}`, '--data-dir', path])
      assert.equal(code, 2, days)
      assert.match(stderr, /--days takes a whole number from 1 to 3650/)
    }
    viewOf(path).writeConfig({ retention_days: 0 })
    const { code, stderr } = await runProgram(['retention', 'prune', '--yes', '--data-dir', path])
    assert.equal(code, 2)
    assert.match(stderr, /There is no limit: retention_days is 0/)
    assert.equal((await runProgram(['retention', 'purge', '--data-dir', path])).code, 2)
    assert.equal(inFiles(path)[0]?.length, 3)
  })
})

describe('rebuild', () => {
  test('without --yes changes nothing, exit code 2', async t => {
    const path = await folderWith(t)
    const { code, stderr } = await runProgram(['rebuild', '--data-dir', path])
    assert.equal(code, 2)
    assert.match(stderr, /Both files would be written anew/)
    assert.equal(existsSync(join(path, '.archive')), false)
  })

  test('with --yes says how large the files were and where the old ones are', async t => {
    const path = await folderWith(t)
    const { code, stdout, stderr } = await runProgram(['rebuild', '--yes', '--data-dir', path, '--lang', 'zh'])
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^conversations\.md: 1 kB → 1 kB；旧文件为 \.archive\/conversations-before-rebuild-\w+\.md$/m)
  })
})

/** Runs a program at a terminal of its own, gives it one line when it asks, and ends with its exit code. */
const AT_TERMINAL = `
import os, pty, sys
answer, program = sys.argv[1], sys.argv[2:]
asked = []
def read(fd):
    data = os.read(fd, 4096)
    if b'[y/N]' in data and not asked:
        asked.append(1)
        os.write(fd, answer.encode() + b'\\n')
    return data
status = pty.spawn(program, read, lambda fd: b'')
sys.exit(os.waitstatus_to_exitcode(status))
`
