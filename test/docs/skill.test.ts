import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readEnvironment } from '../../scripts/core/environment.ts'
import { AGENT_TEXTS, read } from './documents.ts'
import { parseFrontmatter, type Yaml } from './frontmatter.ts'

const skill = read('SKILL.md')

function member(value: Yaml | undefined, ...path: readonly string[]): Yaml | undefined {
  const [key, ...rest] = path
  if (key === undefined) return value
  assert.ok(typeof value === 'object' && !Array.isArray(value), `above ${key}`)
  return member(value[key], ...rest)
}

describe('SKILL.md', () => {
  test('is paid on each use: 8 kB at most', () => {
    assert.ok(Buffer.byteLength(skill) <= 8000, `${Buffer.byteLength(skill)} bytes`)
  })

  test('has a name and a description that every loader and validator takes', () => {
    const front = parseFrontmatter(skill)
    assert.equal(front['name'], 'openwechat-im-client')
    const description = front['description']
    assert.equal(
      description,
      'Relay + WeChat chat: register, read/send messages, find users, friends, status, homepage, forward. 注册 收发消息 好友 发现用户 状态 主页 转发 微信',
    )
    assert.ok(description.length < 160)
    assert.match(skill, /^description: "/m, 'a colon within wants quotes')
  })

  test('uses only keys that the official validator knows', () => {
    assert.deepEqual(Object.keys(parseFrontmatter(skill)), ['name', 'description', 'homepage', 'metadata'])
  })

  test('asks for node on Linux or macOS and for nothing else', () => {
    const openclaw = member(parseFrontmatter(skill), 'metadata', 'openclaw')
    assert.deepEqual(member(openclaw, 'os'), ['linux', 'darwin'])
    assert.deepEqual(member(openclaw, 'requires'), { bins: ['node'] })
  })

  test('declares exactly the environment variables that the program reads', () => {
    const readByProgram = new Set<string>()
    readEnvironment(
      new Proxy<Record<string, string | undefined>>(
        {},
        {
          get(_, name) {
            readByProgram.add(String(name))
            return undefined
          },
        },
      ),
    )
    // The launcher has to run on any Node, so it reads what it needs by itself.
    for (const [, name = ''] of read('scripts/run.mjs').matchAll(/process\.env\['(\w+)'\]/g)) readByProgram.add(name)
    const declared = member(parseFrontmatter(skill), 'metadata', 'openclaw', 'envVars')
    assert.ok(Array.isArray(declared))
    const names = declared.map(one => member(one, 'name'))
    assert.deepEqual([...names].sort(), [...readByProgram].sort())
    for (const one of declared) {
      assert.equal(member(one, 'required'), false)
      assert.match(String(member(one, 'description')), /\.$/)
    }
  })

  test('calls the program by its own folder, because the working folder is another one', () => {
    for (const path of AGENT_TEXTS) {
      assert.doesNotMatch(read(path), /(?<!\{baseDir\}\/)scripts\/run\.mjs/, path)
    }
  })

  test('starts with one command and a table of what to do in each state', () => {
    const first = skill.indexOf('run.mjs status --json')
    assert.ok(first !== -1 && first === skill.indexOf('run.mjs '), 'it is the first one')
    const states = ['missing', 'placeholders', 'token_refused', 'identity_taken', 'invalid', 'silent', 'disconnected']
    for (const state of ['daemon.running', 'unread_count', ...states]) {
      assert.match(skill, new RegExp(`^\\|.*\`${state}\`.*\\|.+\\|$`, 'm'))
    }
    assert.match(skill, /^\| anything else looks wrong \| .* doctor` names the cure \|$/m)
    assert.match(skill, /^\| the launcher says that this Node is too old \| .*one of the Node files it names/m)
  })

  test('leads to every reference', () => {
    for (const path of AGENT_TEXTS.slice(1)) assert.ok(skill.includes(`](${path})`), path)
  })
})

describe('the reader of the frontmatter', () => {
  test('refuses what one program reads and another does not', () => {
    const refused = [
      'a: b: c',
      'a:\n\tb: c',
      'a: {b: c}',
      "a: 'b'",
      'a: b\na: c',
      'a: *b',
      'a: b #c',
      '# a',
      'a: |\n  b',
    ]
    for (const text of refused) assert.throws(() => parseFrontmatter(`---\n${text}\n---\n`), text)
    assert.throws(() => parseFrontmatter('---\na: b\n'))
    assert.deepEqual(parseFrontmatter('---\na:\n  b: [c, d]\n  e:\n    - { f: true }\n---\n'), {
      a: { b: ['c', 'd'], e: [{ f: true }] },
    })
  })
})
