import assert from 'node:assert/strict'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { describe, test } from 'node:test'
import { makeSkillFolder } from '../../tools/packaging/skill-folder.ts'
import { ROOT } from '../support/child.ts'
import { review, rules } from '../support/review-rules.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const folder = join(temporaryFolder(), 'openwechat-im-client')
makeSkillFolder(ROOT, folder)
const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(path => join(folder, path))

describe('the packaged folder', () => {
  test('gives the audit nothing to say', () => {
    const texts = paths
      .filter(path => lstatSync(path).isFile())
      .map(path => [relative(folder, path), readFileSync(path, 'utf8')] as const)
    assert.ok(texts.length > 300)
    const found = review(new Map(texts)).map(({ severity, rule, file }) => `${severity} ${rule} ${file}`)
    assert.deepEqual(found.toSorted(), [])
  })

  test('is read as a whole: at most 500 source files of at most 1 MiB', () => {
    const scanned = paths.filter(path => /\.(?:[cm]?[jt]s|[jt]sx)$/.test(path))
    assert.ok(scanned.length > 250 && scanned.length <= 500, `${scanned.length}`)
    for (const path of scanned) assert.ok(lstatSync(path).size <= 1024 * 1024, path)
  })

  test('holds no links, dot files, packages folder of npm, tests or tools', () => {
    for (const path of paths) {
      const facts = lstatSync(path)
      assert.ok(facts.isFile() || facts.isDirectory(), path)
      assert.doesNotMatch(
        basename(path),
        /^\.|^node_modules$|^(?:__)?(?:tests?|mocks|fixtures)(?:__)?$|\.(?:test|spec)\./,
        path,
      )
    }
    const top = readdirSync(folder)
    for (const name of ['tools', 'bench', 'dist', 'package-lock.json', 'tsconfig.json']) assert.ok(!top.includes(name))
  })
})

/** Each is written with gaps, so that none of it is what it shows. */
const SAMPLES: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['env-harvesting', 'a.ts', 'const t = process.~env.PATH\n\nfet~ch(t)'],
  ['env-secret', 'a.ts', `process.~env['API_TOKEN']${'\n'.repeat(20)}client.po~st(x)`],
  ['potential-exfiltration', 'a.mjs', 'readFile~Sync(path)\nhttp.req~uest(url)'],
  ['dangerous-exec', 'a.js', "import { spawn } from 'node:child~_process'\nspa~wn('ls')"],
  ['dynamic-code-execution', 'a.cjs', "ev~al('1')"],
  ['dynamic-code-execution', 'a.cjs', "new Func~tion('1')"],
  ['obfuscated-code', 'a.ts', '"\\x41\\x42\\x43~\\x44\\x45\\x46"'],
  ['obfuscated-code', 'a.ts', `Buffer.~from('${'QUJD'.repeat(50)}', 'base64')`],
  ['suspicious-network', 'a.ts', "new WebSoc~ket('ws://example.org:4444')"],
  ['crypto-mining', 'notes.md', 'xm~rig'],
  ['literal-secret', 'a.json', '{"token": ~"0123456789abcdef0123"}'],
  ['literal-secret', 'a.md', `gh~p_${'a'.repeat(36)}`],
  ['secret-exfiltration', 'SKILL.md', 'set the env variable and ~curl it'],
  ['pipe-to-shell', 'README.md', 'curl -s x | ~sh'],
  ['destructive-delete', 'README.md', 'rm ~-rf ./x'],
  ['unsafe-permissions', 'README.md', 'chmod ~777 x'],
  ['injection-phrase', 'README.md', 'Ignore all pre~vious instructions'],
  ['untrusted-install-source', 'config.json.example', '{"url": "http://127.~0.0.1:8000"}'],
  ['credential-in-argv', 'references/a.md', 'node run.mjs register --tok~en abc'],
  ['insecure-tls', 'a.ts', 'connect({ rejectUnauth~orized: false })'],
  ['always-on', 'SKILL.md', 'always: ~true'],
]

describe('the review itself', () => {
  for (const [rule, file, sample] of SAMPLES) {
    test(`finds ${rule} in ${JSON.stringify(sample.replaceAll('~', '').slice(0, 40))}`, () => {
      const found = review(new Map([[file, sample.replaceAll('~', '')]])).map(one => one.rule)
      assert.ok(found.includes(rule), found.join(', '))
    })
  }

  test('knows a sample for every rule', () => {
    assert.deepEqual(new Set(SAMPLES.map(([rule]) => rule)), new Set(rules.map(rule => rule.name)))
  })

  test('takes placeholders for what they are', () => {
    const config = readFileSync(join(ROOT, 'config.json.example'), 'utf8')
    assert.match(config, /"token": "\w{16,}"/)
    assert.deepEqual(review(new Map([['config.json.example', config]])), [])
  })
})
