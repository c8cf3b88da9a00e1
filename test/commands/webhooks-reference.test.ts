import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseConfig } from '../../scripts/core/config.ts'
import { EVENT_NAMES } from '../../scripts/core/events.ts'
import { read } from '../docs/documents.ts'
import { startReceiver } from '../support/receiver.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { createWebhookDesk } from '../support/webhook-commands.ts'

/** Whoever copies from references/webhooks.md gets what it promises. */

const page = read('references/webhooks.md')

function fence(language: string, holding: string): string {
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))]
  const found = blocks.map(match => match[1] ?? '').find(text => text.includes(holding))
  assert.ok(found !== undefined, holding)
  return found
}

test('its Python accepts what we send, and nothing that was changed on the way', async t => {
  const receiver = await startReceiver(t)
  const { type } = createWebhookDesk()
  await type(`create a --url ${receiver.url} --secret "日本 words"`)
  await type('test a')
  const [request] = receiver.requests
  const body = String(request?.body)
  const cases = [body, body.replace('This', 'That'), body.replace('sha256=', 'sha256=0'), '{}']
  const header = String(request?.headers['x-webhook-signature'])
  const file = join(temporaryFolder(), 'receiver.py')
  writeFileSync(
    file,
    `${fence('python', 'def is_ours')}
import sys
given = json.load(sys.stdin)
for body in given["cases"]:
    raw = body.encode()
    print(is_ours(given["secret"], raw, given["header"]), is_ours_by_member(given["secret"], raw))
`,
  )
  const input = JSON.stringify({ cases, header, secret: '日本 words' })
  const { stdout, stderr } = spawnSync('python3', [file], { input, encoding: 'utf8' })
  assert.deepEqual(stdout.trim().split('\n'), ['True True', 'False False', 'False False', 'False False'], stderr)
})

test('its configuration is a valid one, and its list of events whole', () => {
  const section = JSON.parse(fence('json', '"listener"')) as object
  const { config, warnings } = parseConfig(
    JSON.stringify({ base_url: 'https://relay.example.org', token: 'words', ...section }),
  )
  assert.deepEqual(warnings, [])
  assert.deepEqual([config.webhooks.inbound.length, config.webhooks.outbound.length], [1, 1])
  for (const name of EVENT_NAMES) assert.match(page, new RegExp(`^\\| .*\`${name.replace('.', '\\.')}\`.* \\|`, 'm'))
})
