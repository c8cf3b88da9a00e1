import assert from 'node:assert/strict'
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type AppError, ConfigError, StorageError } from '../../scripts/core/errors.ts'
import { bilingual } from '../../scripts/core/i18n.ts'
import type { DataFile } from '../../scripts/store/data-folder.ts'
import { ALICE, chat } from '../support/blocks.ts'
import { becomeOrdinary } from '../support/ordinary-user.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type Scene, startScene, viewOf } from '../support/test-daemon.ts'

becomeOrdinary()

/** A folder that was in use, with one message in it, and the scene to go on with. */
async function used(t: TestContext): Promise<Scene> {
  const scene = await startScene(t)
  await scene.until('connected', () => scene.relay.streams.length > 0)
  await say(scene, 'one')
  await scene.until('all files are there', () => scene.json('stats.json')['messages_received'] === 1)
  return scene
}

async function say(scene: Scene, text: string): Promise<void> {
  scene.relay.send(chat(ALICE, text))
  await scene.until(`"${text}" is shown`, () => scene.text('inbox_pushed.md').includes(text))
}

function contents(scene: Scene): string[] {
  return scene.records().map(one => one.content)
}

/** Everything below a folder, with the mode of each. */
function listing(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map(name => `${name} ${statSync(join(path, name)).mode.toString(8)}`)
    .sort()
}

async function refusal(start: Promise<unknown>): Promise<AppError> {
  try {
    await start
  } catch (error) {
    assert.ok(error instanceof ConfigError || error instanceof StorageError, String(error))
    return error
  }
  assert.fail('the start is not refused')
}

/** One sentence of what is, one of what to do, in both languages. */
function assertClear(error: AppError, facts: RegExp): void {
  assert.ok(error.nextStep !== undefined)
  for (const language of ['en', 'zh'] as const) {
    const text = bilingual(error.text)[language]
    assert.match(text, facts)
    assert.match(text, language === 'zh' ? /[\u4e00-\u9fff].*。$/ : /^\S[^\n]*\.$/)
    assert.match(bilingual(error.nextStep)[language], language === 'zh' ? /[\u4e00-\u9fff]/ : /^[A-Z]/)
  }
}

describe('a start that is not permitted', () => {
  test('to make the data folder says so and creates nothing', async t => {
    const parent = temporaryFolder()
    chmodSync(parent, 0o500)
    t.after(() => chmodSync(parent, 0o700))
    const path = join(parent, 'openwechat_im_client')
    assertClear(await refusal(startScene(t, { path, config: null })), /openwechat_im_client.*EACCES/)
    assert.deepEqual(readdirSync(parent), [])
    chmodSync(parent, 0o700)
    const scene = await startScene(t, { path })
    await scene.until('connected', () => scene.relay.streams.length > 0)
  })

  test('to write in the data folder says so, changes nothing, and works when it is', async t => {
    const scene = await used(t)
    await scene.stop()
    const before = listing(join(scene.folder.path, '..'))
    chmodSync(scene.folder.path, 0o500)
    t.after(() => chmodSync(scene.folder.path, 0o700))
    assertClear(await refusal(scene.restart()), /openwechat_im_client.*EACCES/)
    chmodSync(scene.folder.path, 0o700)
    assert.deepEqual(listing(join(scene.folder.path, '..')), before)
    const again = await scene.restart()
    await again.until('connected', () => again.relay.streams.length > 0)
    await say(again, 'two')
    await again.eventually(() => assert.deepEqual(contents(again), ['one', 'two']))
  })

  for (const [name, mode] of [
    ['state.db', 0o400],
    ['state.db', 0o000],
    ['lock.db', 0o400],
    ['lock.db', 0o000],
  ] as const) {
    test(`to use ${name} (${mode.toString(8)}) names it, changes nothing, and works when it is`, async t => {
      const scene = await used(t)
      await scene.stop()
      const before = listing(scene.folder.path)
      const usual = statSync(scene.folder.file(name)).mode
      chmodSync(scene.folder.file(name), mode)
      assertClear(await refusal(scene.restart()), new RegExp(`/${name}.*EACCES`))
      chmodSync(scene.folder.file(name), usual)
      assert.deepEqual(listing(scene.folder.path), before)
      const again = await scene.restart()
      await again.until('connected', () => again.relay.streams.length > 0)
      await say(again, 'two')
      await again.eventually(() => assert.deepEqual(contents(again), ['one', 'two']))
    })
  }
})

describe('files of the original skill that can not be read', () => {
  for (const name of ['conversations.md', 'inbox_pushed.md'] as const) {
    test(`${name}: the start says so and forgets nothing; the next one takes it over`, async t => {
      const path = join(temporaryFolder(), 'openwechat_im_client')
      viewOf(path).writeConfig({})
      const text = '[2026-03-01T08:00:00Z] from=#1(alice) type=chat content=old news\n'
      writeFileSync(join(path, name), text, { mode: 0o000 })
      assertClear(await refusal(startScene(t, { path })), new RegExp(`/${name}.*EACCES`))
      chmodSync(join(path, name), 0o600)
      const scene = await startScene(t, { path })
      await scene.until('connected', () => scene.relay.streams.length > 0)
      assert.equal(scene.text(name), text)
      assert.equal(scene.logs.filter(one => one['records'] === 1).length, name === 'conversations.md' ? 1 : 0)
    })
  }
})

describe('config.json that can not be read', () => {
  test('at the start is said, no relay is asked, and it goes on by itself when it can be', async t => {
    const scene = await startScene(t, {
      prepare: (_, path) => chmodSync(join(path, 'config.json'), 0o000),
    })
    await scene.eventually(() => assert.deepEqual(scene.channel(/CONFIG_INVALID/).length, 1))
    assert.match(scene.said.join('\n'), /config\.json.*EACCES/)
    assert.equal(scene.relay.requests.length, 0)
    chmodSync(scene.folder.file('config.json'), 0o600)
    await scene.until('connected', () => scene.relay.streams.length > 0)
    assert.equal(scene.said.length, 1)
  })

  test('while the daemon runs is said, and what was valid stays in force', async t => {
    const scene = await used(t)
    chmodSync(scene.folder.file('config.json'), 0o000)
    await scene.until('said', () => scene.said.some(text => /config\.json.*EACCES/.test(text)))
    await say(scene, 'two')
    chmodSync(scene.folder.file('config.json'), 0o600)
    await scene.until('read again', () => scene.channel(/CONFIG_RELOADED/).length === 1)
    assert.equal(scene.relay.count(/GET \/stream/), 1)
  })
})

describe('permission that is taken away while the daemon runs', () => {
  test('for the folder: what can be written is, the rest is told and completed when it is back', async t => {
    const scene = await used(t)
    chmodSync(scene.folder.path, 0o500)
    t.after(() => chmodSync(scene.folder.path, 0o700))
    await say(scene, 'two')
    await scene.until('told', () => scene.channel(/STORAGE_FAULT file=stats\.json reason=EACCES$/).length === 1)
    await scene.eventually(() => assert.deepEqual(contents(scene), ['one', 'two']))
    assert.equal(scene.json('stats.json')['messages_received'], 1)
    chmodSync(scene.folder.path, 0o700)
    await scene.until('completed', () => scene.json('stats.json')['messages_received'] === 2)
    await scene.until('told', () => scene.channel(/STORAGE_RECOVERED file=stats\.json$/).length === 1)
    assert.equal(scene.channel(/STORAGE_FAULT file=stats\.json/).length, 1)
  })

  for (const name of ['inbox_pushed.md', 'conversations.md', 'sse_channel.log'] as const) {
    test(`for the folder of a ${name} that somebody removed: nothing is lost, and it is there again afterwards`, async t => {
      const scene = await used(t)
      rmSync(scene.folder.file(name))
      chmodSync(scene.folder.path, 0o500)
      t.after(() => chmodSync(scene.folder.path, 0o700))
      scene.relay.send(chat(ALICE, 'two'))
      if (name !== 'sse_channel.log') {
        await scene.until(
          'told',
          () => scene.channel(new RegExp(`STORAGE_FAULT file=${name} reason=EACCES$`)).length === 1,
        )
      } else {
        scene.relay.streams[0]?.end()
        await scene.until('told', () => scene.logs.some(one => one['msg'] === 'the channel log can not be written'))
      }
      chmodSync(scene.folder.path, 0o700)
      await scene.until('there again', () => scene.text(name) !== '')
      await scene.eventually(() =>
        assert.equal(scene.text(name).split('two').length - 1, name === 'sse_channel.log' ? 0 : 1),
      )
    })
  }

  for (const name of ['inbox_pushed.md', 'conversations.md'] as const satisfies readonly DataFile[]) {
    test(`for ${name} between two runs: told, the other file goes on, completed when it is back`, async t => {
      const scene = await used(t)
      await scene.stop()
      chmodSync(scene.folder.file(name), 0o400)
      const again = await scene.restart()
      await again.until('connected', () => again.relay.streams.length > 0)
      again.relay.send(chat(ALICE, 'two'))
      await again.until(
        'told',
        () => again.channel(new RegExp(`STORAGE_FAULT file=${name} reason=EACCES$`)).length === 1,
      )
      const other = name === 'inbox_pushed.md' ? 'conversations.md' : 'inbox_pushed.md'
      await again.until('in the other', () => again.text(other).includes('two'))
      chmodSync(again.folder.file(name), 0o600)
      await again.until('completed', () => again.text(name).includes('two'))
      await again.until('told', () => again.channel(new RegExp(`STORAGE_RECOVERED file=${name}$`)).length === 1)
    })
  }
})
