import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readStats } from '../../../ui/data/json-files.js'
import type { Problem } from '../../../ui/data/types.d.ts'
import { wechatAccounts } from '../../../ui/data/wechat.js'
import { ann, eve, line, me, NOW, testPage } from './test-page.ts'

const FILE = 'conversations.md'
const at = (ms: number) => new Date(NOW + ms).toISOString().replace(/\.\d+Z$/, 'Z')

async function shown(...lines: readonly string[]) {
  const page = testPage()
  page.served.append(FILE, lines.join(''))
  await page.store.refresh()
  return page
}

function accountsOf(accounts: Readonly<Record<string, unknown>>, isDaemonDown = false, now = NOW) {
  return wechatAccounts(readStats(JSON.parse(JSON.stringify({ accounts }))), { isDaemonDown, now })
}

describe('accounts at WeChat on the page', () => {
  test('are what stats.json says of them, and the relay is none', () => {
    const facts = { last_inbound_utc: at(-2000), last_accepted_utc: null, waiting: 3, parked: 2, held_by: '/elsewhere' }
    const [main, ...others] = accountsOf({
      relay: { state: 'connected' },
      'wechat:main': { state: 'identity_taken', since_utc: at(-5000), reason: null, ...facts },
    })
    assert.equal(others.length, 0)
    assert.deepEqual(main, {
      name: 'main',
      code: 'identity_taken',
      state: 'identity_taken',
      isPast: false,
      sinceMs: NOW - 5000,
      reason: null,
      heldBy: '/elsewhere',
      lastPollMs: null,
      lastInboundMs: NOW - 2000,
      lastAcceptedMs: null,
      waiting: 3,
      parked: 2,
    })
  })

  test('a state that is newer than the page is unknown, and keeps its word', () => {
    assert.partialDeepStrictEqual(accountsOf({ 'wechat:main': { state: 'dancing' } }), [
      { code: 'unknown', state: 'dancing' },
    ])
    assert.equal(accountsOf({ 'wechat:main': {} })[0]?.code, 'unknown')
    assert.equal(accountsOf({ 'wechat:main': 'constructor' })[0]?.code, 'unknown')
  })

  test('what was said is past without a daemon, but not that a login is needed', () => {
    const states = { a: 'connected', b: 'retrying', c: 'login_needed', d: 'stopped' }
    const accounts = Object.fromEntries(
      Object.entries(states).map(([name, state]) => [`wechat:${name}`, { state, since_utc: at(-5000) }]),
    )
    assert.deepEqual(
      accountsOf(accounts, true).map(one => one.isPast),
      [true, true, false, false],
    )
    assert.deepEqual(
      accountsOf(accounts).map(one => one.isPast),
      [false, false, false, false],
    )
  })

  test('one that was connected and has not been answered for long is past, too', () => {
    const told = (polled: number) => accountsOf({ 'wechat:a': { state: 'connected', last_poll_utc: at(polled) } })[0]
    assert.equal(told(-60_000)?.isPast, false)
    assert.equal(told(-6 * 60_000)?.isPast, true)
  })
})

describe('what the owner of an account at WeChat is told to do', () => {
  const RELAY = { state: 'connected', since_utc: at(-9000), last_byte_utc: at(-1000) }

  async function problemsOf(accounts: unknown, { log = 'SSE_CONNECTED stream=s1', lines = line() } = {}) {
    const page = testPage()
    page.served.append(FILE, lines)
    page.served.append('inbox_pushed.md', 'x\n')
    page.served.append('profile.json', '{"my_id":"1"}')
    page.served.append('contacts.json', '{}')
    page.served.append('context_snapshot.json', '{}')
    page.served.append('stats.json', JSON.stringify({ accounts }))
    page.served.append('sse_channel.log', `[${at(-9000)}] ${log}\n`)
    await page.store.refresh()
    return page.store.problems
  }

  test('to log in, account by account, and to look who else has one', async () => {
    const expected: Problem[] = [
      { code: 'wechat_login_needed', name: 'a', sinceMs: NOW - 4000 },
      { code: 'wechat_identity_taken', name: 'c', heldBy: '/x' },
    ]
    assert.deepEqual(
      await problemsOf({
        relay: RELAY,
        'wechat:a': { state: 'login_needed', since_utc: at(-4000) },
        'wechat:b': { state: 'retrying', since_utc: at(-4000) },
        'wechat:c': { state: 'identity_taken', since_utc: at(-4000), held_by: '/x' },
      }),
      expected,
    )
  })

  test('nothing about a relay, where WeChat is all that is used', async () => {
    const accounts = {
      relay: { state: 'not_registered', since_utc: at(-9000) },
      'wechat:a': { state: 'connected', since_utc: at(-4000), last_poll_utc: at(-1000) },
    }
    assert.deepEqual(await problemsOf(accounts, { log: 'CONFIG_MISSING' }), [])
    assert.deepEqual(await problemsOf(accounts, { log: 'CONFIG_MISSING', lines: '' }), [{ code: 'empty_wechat' }])
    const quiet = { ...accounts, 'wechat:a': { state: 'connected', last_poll_utc: at(-3_600_000) } }
    assert.deepEqual(await problemsOf(quiet, { log: 'CONFIG_MISSING' }), [
      { code: 'daemon_down', sinceMs: NOW - 3_600_000, stale: true },
    ])
  })
})

describe('messages of WeChat', () => {
  const bot = { address: { scheme: 'wechat', account: 'main', user: 'b0f5@im.bot' }, name: '' } as const

  test('are one conversation a person, however the id is spelled', async () => {
    const { store } = await shown(
      line({ from: ann }),
      line({ from: bot, to: { ...ann, address: { ...ann.address, user: 'OANN@IM.wechat' } } }),
      line({ from: { ...ann, address: { ...ann.address, account: 'work' } } }),
    )
    assert.deepEqual(
      store.conversations().map(one => [one.key, one.channel]),
      [
        ['wechat:["work","oann@im.wechat"]', 'wechat'],
        ['wechat:["main","oann@im.wechat"]', 'wechat'],
      ],
    )
  })

  test('those of a group are of WeChat, and of nobody', async () => {
    const { store } = await shown(line({ from: null, flags: { seq: '4', state: 'refused', group: 'g1' } }))
    assert.partialDeepStrictEqual(store.items(null), [{ channel: 'wechat', sender: null, state: 'refused' }])
    assert.equal(store.conversations({ channel: 'relay' }).length, 0)
  })

  test('a file that came later is told with its message, which keeps its sender and its words', async () => {
    const { store } = await shown(
      line({ from: ann, type: 'file', content: 'look', flags: { seq: '7', attachment: 'image' } }),
      line({ from: ann, type: 'correction', content: 'look', flags: { ref: '7', file: '.files/a.jpg', media: 'ok' } }),
    )
    const [message, correction] = store.items(null)
    assert.partialDeepStrictEqual(message, {
      sender: ann,
      attachment: 'image',
      flags: { file: '.files/a.jpg', media: 'ok' },
    })
    assert.notEqual(message?.correctedAtMs, null)
    assert.equal(correction?.corrects, message?.key)
  })

  test('nobody else can add to one, and none of ours is changed', async () => {
    const { store } = await shown(
      line({ from: ann, flags: { seq: '7' } }),
      line({ from: bot, to: ann, flags: { seq: '8' } }),
      line({ from: eve, type: 'correction', content: 'x', flags: { ref: '7', file: 'evil' } }),
      line({ from: ann, type: 'correction', content: 'x', flags: { ref: '8', file: 'evil' } }),
    )
    for (const item of store.items(null).slice(0, 2)) {
      assert.equal(item.flags['file'], undefined)
      assert.equal(item.correctedAtMs, null)
      assert.equal(item.content, 'hello')
    }
  })
})

describe('the message that is quoted', () => {
  const quoting = line({ from: ann, content: 'yes', flags: { seq: '9', quote: 'shall I?', quote_seq: '7' } })
  const bot = { address: { scheme: 'wechat', account: 'main', user: 'b0f5@im.bot' }, name: '' } as const
  const asking = line({ from: bot, to: ann, content: 'shall I?', flags: { seq: '7' } })

  test('is found, also when it is far back in the file', async () => {
    const filler = Array.from({ length: 3000 }, (_, i) => line({ content: `filler ${i}` }))
    const { store } = await shown(asking, ...filler, quoting)
    const item = store.items(null).at(-1)
    assert.deepEqual(item?.quote, { text: 'shall I?', isNamed: true })
    const found = item === undefined ? null : await store.quoted(item)
    assert.deepEqual([found?.content, found?.direction], ['shall I?', 'out'])
  })

  test('is the last of its number before, with the same person', async () => {
    const earlier = line({ from: ann, content: 'of an older database', flags: { seq: '7' } })
    const elsewhere = line({
      from: { ...ann, address: { ...ann.address, account: 'work' } },
      flags: { seq: '7' },
      content: 'no',
    })
    const { store } = await shown(earlier, asking, elsewhere, quoting, line({ from: ann, flags: { seq: '7' } }))
    const item = store.items(null).find(one => one.quote !== null)
    assert.equal(item === undefined ? null : (await store.quoted(item))?.content, 'shall I?')
  })

  test('is found by its words among lines without a number, unless others have them too', async () => {
    const ask = (content: string) => line({ from: bot, to: ann, content })
    const quotedIn = async (...lines: readonly string[]) => {
      const { store } = await shown(...lines, quoting)
      const item = store.items(null).at(-1)
      return item === undefined ? null : ((await store.quoted(item))?.content ?? null)
    }
    assert.equal(await quotedIn(ask('well: shall I? or not'), line({ content: 'shall I?' })), 'well: shall I? or not')
    assert.equal(await quotedIn(ask('well: shall I?'), ask('shall I?')), 'shall I?')
    assert.equal(await quotedIn(ask('shall I?'), ask('shall I?')), null)
    assert.equal(await quotedIn(line({ from: ann, content: 'shall I?', flags: { seq: '5' } })), null)
  })

  test('is nothing where it is not named, or not there', async () => {
    const { store } = await shown(
      line({ from: ann, flags: { quote: 'words alone' } }),
      quoting,
      line({ from: me, to: ann }),
    )
    const [words, numbered] = store.items(null)
    assert.deepEqual(words?.quote, { text: 'words alone', isNamed: false })
    for (const item of [words, numbered]) assert.equal(item === undefined ? 0 : await store.quoted(item), null)
  })
})
