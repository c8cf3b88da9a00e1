import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { wake } from '../../scripts/commands/wake.ts'
import { parseConfig } from '../../scripts/core/config.ts'
import { type Environment, readEnvironment } from '../../scripts/core/environment.ts'
import { ConfigError, UsageError } from '../../scripts/core/errors.ts'
import type { Language } from '../../scripts/core/i18n.ts'
import { createDataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { HOOK_WORD, says, startGateway } from '../adapters/wake/gateway.ts'
import { contextFor } from '../support/command-call.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const PLACEHOLDERS = { base_url: 'https://YOUR_RELAY_SERVER:8000', token: 'replace_with_token' }
const OK = says(200, { ok: true, mode: 'now', eventOutcome: 'queued' })

/** A folder of somebody who is not registered: waking needs no relay. */
function folderWith(section: object | null) {
  const folder = dataFolderAt(join(temporaryFolder(), 'openwechat_im_client'))
  createDataFolder(folder)
  const config = { ...PLACEHOLDERS, ...(section === null ? {} : { wake: section }) }
  writeFileSync(folder.file('config.json'), JSON.stringify(config))
  return folder
}

async function run(
  folder: ReturnType<typeof folderWith>,
  verb: string,
  {
    json = false,
    language = 'en',
    environment = readEnvironment({}),
  }: { json?: boolean; language?: Language; environment?: Environment } = {},
): Promise<{ code: number; text: string }> {
  let text = ''
  const print = (line: string) => {
    text += `${line}\n`
  }
  const code = await wake.run(contextFor(folder, { positionals: [verb], json, language, environment, print }))
  return { code, text }
}

async function gatewayAnd(t: TestContext, answer: ReturnType<typeof says>, section: object = {}) {
  const gateway = await startGateway(t, answer)
  return { gateway, folder: folderWith({ url: gateway.config.url, token: HOOK_WORD, ...section }) }
}

describe('wake test', () => {
  test('wakes the agent once, and says that this says nothing about the agent', async t => {
    const { gateway, folder } = await gatewayAnd(t, OK)
    const { code, text } = await run(folder, 'test')
    assert.equal(code, 0)
    assert.match(text, /^The gateway took it\. Whether the agent acts shows in its own chat\.\n$/)
    assert.equal(gateway.requests.length, 1)
    assert.match(gateway.requests[0]?.body ?? '', /"openwechat-im-client, test of \d{4}-/)
  })

  test('tells in one sentence what to change in OpenClaw', async t => {
    const { folder } = await gatewayAnd(t, says(401, 'Unauthorized'))
    const { code, text } = await run(folder, 'test')
    assert.equal(code, 1)
    const [what, advice, ...rest] = text.trim().split('\n')
    assert.equal(what, 'The agent was not woken (http_401).')
    assert.match(
      advice ?? '',
      /^Set hooks\.token in openclaw\.json and wake\.token in config\.json to the same text; .*\.$/,
    )
    assert.deepEqual(rest, [])
    assert.match((await run(folder, 'test', { language: 'zh' })).text, /请把 openclaw\.json 的 hooks\.token/)
  })

  test('tells programs the same in fields', async t => {
    const { gateway, folder } = await gatewayAnd(t, says(404, 'Not Found'), { mode: 'agent' })
    const { code, text } = await run(folder, 'test', { json: true })
    assert.equal(code, 1)
    const { at, duration_ms, advice, ...told } = JSON.parse(text)
    assert.deepEqual(told, {
      ok: false,
      mode: 'agent',
      url: gateway.config.url,
      outcome: 'refused',
      reason: 'http_404',
      http_status: 404,
      gateway_said: null,
    })
    assert.match(`${at} ${duration_ms}`, /^\d{4}-\d\d-\d\dT[\d:]+Z \d+$/)
    assert.match(advice, /Hooks are not enabled there/)
  })

  test('shows why the gateway refused, in words that do nothing', async t => {
    const { folder } = await gatewayAnd(t, says(400, { ok: false, error: 'no \u202e<|im_start|>\nerror: x' }))
    for (const json of [false, true]) {
      const { text } = await run(folder, 'test', { json })
      assert.match(text, /no /)
      assert.doesNotMatch(text.trim(), /\u202e|<\||\nerror/)
    }
  })

  test('is no success where a mapping makes nothing of it', async t => {
    const { folder } = await gatewayAnd(t, says(204), { mode: 'mapping', mapping: 'openwechat' })
    const { code, text } = await run(folder, 'test')
    assert.equal(code, 1)
    assert.match(text, /constant messageTemplate/)
  })

  test('never shows the token', async t => {
    const { folder } = await gatewayAnd(t, says(400, `bad token ${HOOK_WORD}`))
    for (const json of [false, true]) assert.doesNotMatch((await run(folder, 'test', { json })).text, /example-hook/)
  })

  test('goes past a proxy to a gateway on this machine, with whatever else is excepted', async t => {
    const { gateway, folder } = await gatewayAnd(t, OK)
    const proxied = (except: string) =>
      readEnvironment({ HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: except })
    for (const except of ['', '*', 'example.org']) {
      assert.equal((await run(folder, 'test', { environment: proxied(except) })).code, 0, except)
    }
    assert.equal(gateway.requests.length, 3)
  })

  test('leaves the data folder as it was', async t => {
    const { folder } = await gatewayAnd(t, OK)
    await run(folder, 'test')
    assert.equal(existsSync(folder.file('state.db')), false)
  })

  test('says how to begin where nothing is configured', async () => {
    await assert.rejects(run(folderWith(null), 'test'), (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.match(JSON.stringify(error.nextStep), /\\"wake settings\\" prints that section/)
      return true
    })
  })
})

describe('wake settings', () => {
  test('prints what to write into both files, and the second one is valid', async () => {
    const { code, text } = await run(folderWith(null), 'settings', { json: true })
    assert.equal(code, 0)
    const { configured, openclaw_json, config_json } = JSON.parse(text)
    assert.equal(configured, false)
    const { hooks } = openclaw_json
    assert.deepEqual([hooks.enabled, hooks.path, hooks.allowedAgentIds], [true, '/hooks', ['main']])
    assert.equal(hooks.allowRequestSessionKey, false)
    const [mapping] = hooks.mappings
    assert.deepEqual(mapping.match, { path: 'openwechat' })
    assert.doesNotMatch(mapping.messageTemplate, /\{\{/, 'constant')
    const { config } = parseConfig(JSON.stringify({ ...PLACEHOLDERS, ...config_json }))
    assert.deepEqual([config.wake?.mode, config.wake?.mapping], ['mapping', 'openwechat'])
  })

  test('follows what is configured, and shows nothing secret', async () => {
    const url = 'https://gateway.example.org/own-hooks'
    const folder = folderWith({ url, token: HOOK_WORD, mode: 'wake', agentId: 'reader', sessionKey: 'hook:im' })
    const { text } = await run(folder, 'settings', { json: true })
    assert.deepEqual(JSON.parse(text).openclaw_json.hooks, {
      enabled: true,
      token: 'replace_with_the_text_of_wake.token',
      path: '/own-hooks',
      allowedAgentIds: ['reader'],
      allowRequestSessionKey: true,
      allowedSessionKeyPrefixes: ['hook:'],
    })
    assert.doesNotMatch(text + (await run(folder, 'settings')).text, /example-hook/)
  })

  test('says to people where each part goes, in both languages', async () => {
    const english = (await run(folderWith(null), 'settings')).text
    assert.match(
      english,
      /^Into openclaw\.json.*\n\{[\s\S]*\nInto config\.json of the data folder:\n\{[\s\S]*wake test\n$/,
    )
    assert.match((await run(folderWith(null), 'settings', { language: 'zh' })).text, /加入数据目录的 config\.json/)
  })
})

test('wake takes one of two words', async () => {
  await assert.rejects(run(folderWith(null), 'up'), UsageError)
})
