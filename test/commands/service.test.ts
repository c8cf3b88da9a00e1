import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type CommandLine, launchdPlist, systemdUnit } from '../../scripts/commands/service-formats.ts'
import { ROOT, runProgram } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const RUN = join(ROOT, 'scripts', 'run.mjs')

/** systemd.syntax(7): sections, comments, one assignment a line; whatever else is a mistake. */
function parseUnit(text: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {}
  let section: Record<string, string> | undefined
  for (const line of text.split('\n')) {
    if (line === '' || /^[#;]/.test(line)) continue
    assert.doesNotMatch(line, /\\$/, 'no line goes on in the next one')
    const head = /^\[([A-Z][a-z]+)\]$/.exec(line)
    if (head?.[1] !== undefined) {
      assert.equal(sections[head[1]], undefined)
      section = {}
      sections[head[1]] = section
      continue
    }
    const [, key = '', value = ''] = /^([A-Z][A-Za-z]+)=(.+)$/.exec(line) ?? assert.fail(line)
    assert.ok(section !== undefined && section[key] === undefined, line)
    section[key] = value
  }
  return sections
}

/** systemd.service(5), "Command lines": a prefix, then words in double quotes, with escapes, specifiers and variables. */
function parseExecStart(value: string): string[] {
  const prefix = /^:/.exec(value)?.[0] ?? ''
  const words: string[] = []
  let rest = value.slice(prefix.length)
  while (rest !== '') {
    const [whole = '', quoted = ''] = /^"((?:[^"\\]|\\.)*)"(?: |$)/.exec(rest) ?? assert.fail(rest)
    rest = rest.slice(whole.length)
    const text = quoted.replace(/\\(?:(["\\])|x([0-9a-f]{2})|(.))/g, (_, plain, hex, other) => {
      assert.equal(other, undefined, `\\${other}`)
      return plain ?? String.fromCharCode(Number.parseInt(hex, 16))
    })
    assert.doesNotMatch(text.replaceAll('%%', ''), /%/, 'no specifier')
    if (prefix === '') assert.doesNotMatch(text, /\$/, 'no variable')
    words.push(text.replaceAll('%%', '%'))
  }
  return words
}

const PLISTLIB =
  'import plistlib, sys, json; print(json.dumps(plistlib.loads(sys.stdin.buffer.read(), fmt=plistlib.FMT_XML)))'

/** One after the other in one list, as Python's reader of such files understands them. */
function parsePlist(text: string): Record<string, unknown> {
  const { stdout, stderr } = spawnSync('python3', ['-c', PLISTLIB], { input: text, encoding: 'utf8' })
  assert.equal(stderr, '')
  return JSON.parse(stdout) as Record<string, unknown>
}

const HOSTILE = `/tmp/a "b" 'c' %h %% $HOME \${X} & <d> ]]> \\n \\ ; # é 中文 `

describe('service', () => {
  test('is a unit for systemd with absolute paths of this Node, this program and this folder', async () => {
    const folder = join(temporaryFolder(), 'with a blank', 'im')
    const { code, stdout, stderr } = await runProgram(['service', '--systemd', '--data-dir', folder])
    assert.equal(code, 0)
    const unit = parseUnit(stdout)
    assert.deepEqual(Object.keys(unit), ['Unit', 'Service', 'Install'])
    const { ExecStart, ...rest } = unit['Service'] ?? {}
    assert.deepEqual(parseExecStart(ExecStart ?? ''), [process.execPath, RUN, 'sse', '--data-dir', folder])
    assert.deepEqual(rest, { Restart: 'on-failure', RestartSec: '5', TimeoutStopSec: '45', UMask: '0077' })
    assert.deepEqual(unit['Install'], { WantedBy: 'default.target' })
    assert.match(stderr, /^ {2}systemctl --user enable --now openwechat-im\.service$/m)
  })

  test('is an agent for launchd with the same', async () => {
    const folder = join(temporaryFolder(), 'with a blank', 'im')
    const { code, stdout, stderr } = await runProgram(['service', '--launchd', '--data-dir', folder, '--lang', 'zh'])
    assert.equal(code, 0)
    assert.deepEqual(parsePlist(stdout), {
      Label: 'org.openwechat-im.client',
      ProgramArguments: [process.execPath, RUN, 'sse', '--data-dir', folder],
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 5,
      ExitTimeOut: 45,
      Umask: 0o077,
    })
    assert.match(stderr, /^启用方法：$/m)
    assert.match(stderr, /^ {2}launchctl bootstrap gui\/\$\(id -u\) .*\.plist$/m)
  })

  test('writes nothing, runs nothing, and copies nothing of the environment', async () => {
    const parent = temporaryFolder()
    const folder = join(parent, 'im')
    const env = { HTTPS_PROXY: 'http://user:secret@proxy:3128', OPENWECHAT_DATA_DIR: folder }
    for (const kind of ['--systemd', '--launchd']) {
      const { stdout, stderr } = await runProgram(['service', kind], { env })
      assert.ok(stdout.includes(folder))
      assert.doesNotMatch(stdout + stderr, /secret|proxy/i)
    }
    assert.equal(existsSync(folder), false)
    assert.deepEqual(readdirSync(parent), [])
  })

  test('gives machines the same text, and the steps apart', async () => {
    const folder = join(temporaryFolder(), 'im')
    const plain = await runProgram(['service', '--systemd', '--data-dir', folder])
    const { kind, text, path, enable } = JSON.parse(
      (await runProgram(['service', '--systemd', '--json', '--data-dir', folder])).stdout,
    )
    assert.deepEqual([kind, path], ['systemd', '~/.config/systemd/user/openwechat-im.service'])
    assert.equal(`${text}\n`, plain.stdout)
    assert.ok(Array.isArray(enable))
  })

  test('is one of the two, not both', async () => {
    const { code, stderr } = await runProgram(['service', '--systemd', '--launchd'])
    assert.equal(code, 2)
    assert.match(stderr, /not both/)
  })
})

describe('paths in a service', () => {
  const command = (path: string): CommandLine => [path, path, 'sse', '--data-dir', path]
  const execStartOf = (path: string) => parseUnit(systemdUnit(command(path)))['Service']?.['ExecStart'] ?? ''

  test('of whatever characters come out of a unit as they went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const path = `/${text.toWellFormed().replaceAll('\0', '')}`
        assert.deepEqual(parseExecStart(execStartOf(path)), command(path))
      }),
    )
    assert.deepEqual(parseExecStart(execStartOf(HOSTILE)), command(HOSTILE))
    assert.deepEqual(parseExecStart(execStartOf('/a\nb\tc\r')), command('/a\nb\tc\r'))
  })

  test('that name no variable need no newer systemd', () => {
    assert.match(execStartOf('/plain'), /^"/)
    assert.match(execStartOf('/$plain'), /^:"/)
  })

  test('of whatever characters come out of a plist as they went in', () => {
    for (const path of [HOSTILE, '/a\nb\tc\r\nd', '/中文 😀']) {
      assert.deepEqual(parsePlist(launchdPlist(command(path)))['ProgramArguments'], command(path))
    }
  })

  test('that no plist can hold are refused', () => {
    for (const path of ['/a\u0007', '/a\ud800', '/a\uffff']) {
      assert.throws(() => launchdPlist(command(path)), /can not stand in a plist/)
    }
  })
})
