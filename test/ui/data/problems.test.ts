import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FileName, Problem } from '../../../ui/data/types.d.ts'
import { line, NOW, testPage } from './test-page.ts'

const at = (ms: number) => new Date(NOW + ms).toISOString().replace(/\.\d+Z$/, 'Z')
const RELAY = { state: 'connected', since_utc: at(-9000), last_byte_utc: at(-1000) }

const WELL: Readonly<Record<FileName, string>> = {
  'conversations.md': line(),
  'inbox_pushed.md': 'x\n',
  'profile.json': '{"my_id":"1"}',
  'contacts.json': '{}',
  'context_snapshot.json': '{"retention":{"days":7,"older_messages":0,"oldest_utc":null}}',
  'stats.json': JSON.stringify({ messages_received: 1, accounts: { relay: RELAY } }),
  'sse_channel.log': `[${at(-10_000)}] DAEMON_STARTED pid=1\n[${at(-9000)}] SSE_CONNECTED stream=s1\n`,
}

async function problemsWith(changes: Partial<Record<FileName, string | null>>): Promise<readonly Problem[]> {
  const page = testPage()
  for (const [name, text] of Object.entries({ ...WELL, ...changes })) {
    if (text !== null) page.served.append(name as FileName, text)
  }
  await page.store.refresh()
  return page.store.problems
}

const NONE = Object.fromEntries(Object.keys(WELL).map(name => [name, null]))

describe('what the viewer is told to do', () => {
  test('nothing while all is well', async () => {
    assert.deepEqual(await problemsWith({}), [])
  })

  test('nothing before the files were asked for', () => {
    assert.deepEqual(testPage().store.problems, [])
  })

  const cases: readonly (readonly [string, Partial<Record<FileName, string | null>>, readonly unknown[]])[] = [
    ['there is no data folder, or nothing in it', NONE, [{ code: 'no_data' }]],
    [
      'nothing was ever started',
      { 'sse_channel.log': null, 'stats.json': null },
      [
        { code: 'daemon_down', sinceMs: null, stale: false },
        { code: 'file_missing', names: ['stats.json'] },
      ],
    ],
    [
      'not registered: then no file is expected',
      {
        'sse_channel.log': `[${at(-1000)}] CONFIG_MISSING\n`,
        'stats.json': JSON.stringify({ accounts: { relay: { state: 'not_registered', since_utc: at(-1000) } } }),
        'conversations.md': null,
        'contacts.json': null,
        'profile.json': null,
      },
      [{ code: 'not_registered' }, { code: 'empty' }],
    ],
    [
      'not registered, and stopped since',
      {
        'sse_channel.log': `[${at(-2000)}] CONFIG_MISSING\n[${at(-1000)}] DAEMON_STOPPED\n`,
        'stats.json': JSON.stringify({ accounts: { relay: { state: 'not_registered', since_utc: at(-2000) } } }),
        'profile.json': null,
      },
      [{ code: 'not_registered' }, { code: 'daemon_down', sinceMs: NOW - 1000, stale: false }],
    ],
    [
      'the daemon was killed long ago',
      {
        'sse_channel.log': `[${at(-3_600_000)}] SSE_CONNECTED stream=s1\n`,
        'stats.json': JSON.stringify({
          messages_received: 1,
          accounts: { relay: { state: 'connected', since_utc: at(-3_600_000) } },
        }),
      },
      [{ code: 'daemon_down', sinceMs: NOW - 3_600_000, stale: true }],
    ],
    [
      'the token is refused',
      { 'sse_channel.log': `${WELL['sse_channel.log']}[${at(-500)}] AUTH_REFUSED\n`, 'stats.json': '{}' },
      [{ code: 'token_refused', sinceMs: NOW - 500 - ((NOW - 500) % 1000) }],
    ],
    [
      'the disk is full',
      { 'sse_channel.log': `${WELL['sse_channel.log']}[${at(-1000)}] STORAGE_FAULT file=stats.json reason=ENOSPC\n` },
      [{ code: 'storage_fault', file: 'stats.json', reason: 'ENOSPC', sinceMs: NOW - 1000 }],
    ],
    [
      'the messages are gone',
      { 'conversations.md': null },
      [{ code: 'file_missing', names: ['conversations.md'] }, { code: 'empty' }],
    ],
    [
      'a file is not what it should be',
      { 'contacts.json': '{' },
      [{ code: 'file_unreadable', names: ['contacts.json'] }],
    ],
    [
      'there are old messages',
      { 'context_snapshot.json': '{"retention":{"days":7,"older_messages":12,"oldest_utc":"2026-03-01T00:00:00Z"}}' },
      [{ code: 'old_data', days: 7, olderMessages: 12, oldestMs: Date.parse('2026-03-01T00:00:00Z') }],
    ],
  ]
  for (const [name, changes, expected] of cases) {
    test(name, async () => assert.deepEqual(await problemsWith(changes), expected))
  }
})
