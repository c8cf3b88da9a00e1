import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { doctor } from '../../scripts/commands/doctor.ts'
import { history } from '../../scripts/commands/history.ts'
import { inbox } from '../../scripts/commands/inbox.ts'
import { retention } from '../../scripts/commands/retention.ts'
import { search } from '../../scripts/commands/search.ts'
import { status } from '../../scripts/commands/status.ts'
import { StorageError } from '../../scripts/core/errors.ts'
import { createDataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { hostileText } from '../support/arbitraries.ts'
import { ROOT, runProgram } from '../support/child.ts'
import { callCommand } from '../support/command-call.ts'
import { HOSTILE_PIECES } from '../support/hostile-words.ts'
import { createMessageStore, type MessageStore, peerKey } from '../support/message-store.ts'
import { argumentsOf, type Page, parseJsonPage, parsePlainPage } from '../support/pages.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface JsonPage {
  readonly messages: readonly {
    seq: number
    text: string
    truncated: boolean
    from: { id: string; name: string; friend: boolean } | null
    to?: { id: string; name: string }
    flags?: Record<string, string>
    type: string
  }[]
  readonly more: boolean
  readonly next?: string
  readonly unread_count: number
  readonly waiting?: number
  readonly looked_back_to?: number
}

const run = (store: Pick<MessageStore, 'folder'>, ...args: string[]) =>
  runProgram([...args.slice(0, 1), '--data-dir', store.folder.path, ...args.slice(1)])

const COMMANDS = { inbox, history, search }

async function json(
  { folder }: Pick<MessageStore, 'folder'>,
  name: keyof typeof COMMANDS,
  ...args: string[]
): Promise<JsonPage> {
  const { code, stdout } = await callCommand(COMMANDS[name], folder, args)
  assert.equal(code, 0)
  return JSON.parse(stdout) as JsonPage
}

const seqs = (page: JsonPage) => page.messages.map(one => one.seq)

/** Follows the commands that the pages name, to the end. */
async function allPages(store: MessageStore, parse: (stdout: string) => Page, ...args: string[]): Promise<Page[]> {
  const pages: Page[] = []
  let words = [...args, '--data-dir', store.folder.path]
  for (;;) {
    const { code, stdout, stderr } = await runProgram(words)
    assert.equal(code, 0, stderr)
    const page = parse(stdout)
    pages.push(page)
    if (page.next === null) return pages
    const [node, launcher, ...next] = argumentsOf(page.next)
    assert.deepEqual([node, launcher], ['node', join(ROOT, 'scripts', 'run.mjs')])
    words = next
  }
}

describe('two hundred hostile messages', () => {
  const parts = fc.array(fc.oneof(fc.constantFrom(...HOSTILE_PIECES), hostileText(3)), { minLength: 1, maxLength: 8 })
  const words = parts.map(some => some.join(''))
  const sample = fc.sample(fc.record({ content: words, name: words, attachment: words }), { numRuns: 200, seed: 7 })
  const store = createMessageStore()
  store.addAll(
    sample.map(({ content, name, attachment }, i) => ({
      from: i % 7 === 0 ? null : 2 + (i % 5),
      // Long ones too: they must not push the frame out of the page.
      content: i % 20 === 0 ? content.repeat(300) : content,
      name,
      flags: i % 3 === 0 ? { attachment } : {},
    })),
  )
  const everything = Array.from({ length: 200 }, (_, i) => i + 1)

  for (const [form, parse, args] of [
    ['plain', parsePlainPage, []],
    ['JSON', parseJsonPage, ['--json']],
  ] as const) {
    test(`can not leave their frame in the ${form} output of inbox`, async () => {
      const pages = await allPages(store, parse, 'inbox', '--limit', '200', ...args)
      assert.ok(pages.length > 1)
      assert.deepEqual(
        pages.flatMap(page => page.messages.map(one => one.seq)),
        everything,
      )
    })
  }

  test('nor in the output of history and search', async () => {
    const pages = await allPages(store, parsePlainPage, 'history', '--peer', '3')
    const ofThree = store.database.all('SELECT seq FROM messages WHERE peer = ? ORDER BY seq', peerKey(3))
    assert.deepEqual(
      pages.toReversed().flatMap(page => page.messages.map(one => one.seq)),
      ofThree.map(row => row['seq']),
    )
    assert.ok(
      (await allPages(store, parseJsonPage, 'search', '--json', '会议')).flatMap(page => page.messages).length > 5,
    )
  })
})

describe('inbox', () => {
  test('shows what is new and nothing else, with who sent it', async () => {
    const store = createMessageStore()
    store.befriend(2, 'alice')
    store.addAll([
      { from: 2, name: 'alice', content: '你好\nsecond line' },
      { via: 'import' },
      { to: 2 },
      { from: null, type: 'unparsed' },
      { from: 0, name: 'system', type: 'system' },
    ])
    const page = await json(store, 'inbox')
    assert.deepEqual(seqs(page), [1, 4, 5])
    assert.deepEqual(page.messages[0], {
      seq: 1,
      at: '2026-03-09T10:00:00Z',
      via: 'stream',
      type: 'chat',
      from: { id: '#2', name: 'alice', friend: true },
      text: '你好\\nsecond line',
      truncated: false,
    })
    assert.equal(page.messages[1]?.from, null)
    assert.equal(page.unread_count, 3)
    assert.equal(page.more, false)
  })

  test('stops before a message whose sender is being looked up, and says how many wait', async () => {
    const store = createMessageStore()
    store.addAll([{}, { from: null, state: 'resolving' }, {}])
    const page = await json(store, 'inbox')
    assert.deepEqual(seqs(page), [1])
    assert.equal(page.waiting, 2)
    assert.equal(page.unread_count, 3)
    assert.match((await run(store, 'inbox', '--lang', 'zh')).stdout, /还有 2 条在等待/)
  })

  test('with --ack moves the position to the last message shown; the rest stays unread', async () => {
    const store = createMessageStore()
    store.addAll([{}, {}, {}])
    assert.deepEqual(seqs(await json(store, 'inbox', '--ack', '--limit', '2')), [1, 2])
    assert.deepEqual(seqs(await json(store, 'inbox', '--ack')), [3])
    const page = await json(store, 'inbox', '--ack')
    assert.deepEqual([seqs(page), page.unread_count], [[], 0])
  })

  test('with --ack --to reads everything up to there first and shows what is behind it', async () => {
    const store = createMessageStore()
    store.addAll([{}, {}, {}])
    const page = await json(store, 'inbox', '--ack', '--to', '2')
    assert.deepEqual([seqs(page), page.unread_count], [[3], 1])
  })

  test('of one peer, by number or name, acknowledges that peer alone', async () => {
    const store = createMessageStore()
    store.befriend(3, 'bob')
    store.addAll([{ from: 2 }, { from: 3 }, { from: 2 }])
    assert.deepEqual(seqs(await json(store, 'inbox', '--peer', 'bob', '--ack')), [2])
    assert.deepEqual(seqs(await json(store, 'inbox', '--peer', '#3')), [])
    const page = await json(store, 'inbox')
    assert.deepEqual([seqs(page), page.unread_count], [[1, 3], 2])
  })

  test('with --since shows read ones again', async () => {
    const store = createMessageStore()
    store.addAll([{}, {}, {}])
    await json(store, 'inbox', '--ack')
    assert.deepEqual(seqs(await json(store, 'inbox', '--since', '1')), [2, 3])
  })

  test('cuts a long message and says so', async () => {
    const store = createMessageStore()
    store.add({ content: '😀'.repeat(5000) })
    const page = await json(store, 'inbox')
    assert.deepEqual([page.messages[0]?.text, page.messages[0]?.truncated], ['😀'.repeat(2000), true])
  })

  test('shows a correction until it was seen, and counts it never', async () => {
    const store = createMessageStore()
    store.addAll([{ from: null }, { from: 3, type: 'correction', flags: { ref: '1' } }])
    const page = await json(store, 'inbox', '--ack')
    assert.deepEqual([seqs(page), page.unread_count, page.messages[1]?.flags], [[1, 2], 1, { ref: '1' }])
    assert.deepEqual(seqs(await json(store, 'inbox')), [])
  })

  test('of a folder without a database is empty, and without a folder there is a clear error', async () => {
    const folder = dataFolderAt(join(temporaryFolder(), 'openwechat_im_client'))
    assert.match((await run({ folder }, 'inbox')).stderr, /^error: There is no data folder at /)
    createDataFolder(folder)
    assert.deepEqual(seqs(await json({ folder }, 'inbox')), [])
  })
})

describe('a database in which a daemon that starts has made nothing yet', () => {
  const folder = dataFolderAt(join(temporaryFolder(), 'openwechat_im_client'))
  createDataFolder(folder)
  const database = new DatabaseSync(folder.file('state.db'))
  // A whole page, and still nothing in it.
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE passing (x); DROP TABLE passing')
  database.close()

  for (const [name, command] of Object.entries({ status, doctor, retention, inbox })) {
    test(`is none for ${name}`, async () => {
      const { stdout } = await callCommand(command, folder, [])
      assert.equal(typeof JSON.parse(stdout), 'object')
    })
  }
})

describe('a file that is no database', () => {
  for (const [name, command] of Object.entries({ status, retention, inbox })) {
    test(`makes ${name} say so, and what to do`, async () => {
      const folder = dataFolderAt(join(temporaryFolder(), 'openwechat_im_client'))
      createDataFolder(folder)
      writeFileSync(folder.file('state.db'), 'no database'.repeat(1000))
      await assert.rejects(callCommand(command, folder, []), error => {
        assert.ok(error instanceof StorageError)
        assert.equal(error.message, 'state.db is damaged (file_is_not_a_database).')
        return /Restart the daemon/.test(JSON.stringify(error.nextStep))
      })
    })
  }

  test('is what doctor says of it', async () => {
    const folder = dataFolderAt(join(temporaryFolder(), 'openwechat_im_client'))
    createDataFolder(folder)
    writeFileSync(folder.file('state.db'), 'no database'.repeat(1000))
    const { code, stdout } = await callCommand(doctor, folder, [])
    const { findings } = JSON.parse(stdout) as { findings: { check: string; level: string; text: string }[] }
    const found = findings.find(({ check }) => check === 'state.db')
    assert.deepEqual([code, found?.level, found?.text], [1, 'fault', 'damaged (file_is_not_a_database)'])
  })
})

describe('a database of the version before', () => {
  test('is read as it is, before a daemon brings it up to date', async () => {
    const store = createMessageStore()
    store.addAll([{}, { content: 'needle in it' }])
    store.database.exec('DROP TABLE peer_positions; DROP INDEX messages_by_peer; DROP INDEX messages_sent')
    store.database.exec('PRAGMA user_version = 1')
    assert.deepEqual(seqs(await json(store, 'inbox')), [1, 2])
    assert.deepEqual(seqs(await json(store, 'inbox', '--peer', '2')), [1, 2])
    assert.deepEqual(seqs(await json(store, 'history', '--peer', '2')), [1, 2])
    assert.deepEqual(seqs(await json(store, 'search', 'needle')), [2])
  })
})

describe('the commands that read', () => {
  test('start with nothing but our own small modules: no packages, no network, no engine', () => {
    const seen = new Set<string>()
    function follow(path: string): void {
      if (seen.has(path)) return
      seen.add(path)
      const text = readFileSync(path, 'utf8')
      for (const [, specifier = ''] of text.matchAll(/^import (?!type\b)[^;]*? from '([^']+)'/gm)) {
        if (specifier.startsWith('.')) follow(join(dirname(path), specifier))
        else assert.match(specifier, /^node:(?:fs|path|sqlite|crypto|util|string_decoder)$/, path)
      }
    }
    for (const name of ['inbox', 'history', 'search', 'wait']) follow(join(ROOT, 'scripts', 'commands', `${name}.ts`))
    assert.ok(seen.size > 20)
    for (const path of seen) assert.doesNotMatch(path, /scripts\/(?:engine|adapters|server|embedded)\//)
  })
})

describe('history', () => {
  test('shows both directions in order, with what became of what we sent', async () => {
    const store = createMessageStore()
    store.addAll([
      { via: 'import', content: 'long ago' },
      { from: 2, content: 'question' },
      { from: 3 },
      { to: 2, content: 'answer', flags: { state: 'unknown' } },
      { to: 3 },
    ])
    const page = await json(store, 'history', '--peer', '2')
    assert.deepEqual(
      page.messages.map(one => [one.seq, one.text, one.to?.id, one.flags]),
      [
        [1, 'long ago', undefined, undefined],
        [2, 'question', undefined, undefined],
        [4, 'answer', '#2', { state: 'unknown' }],
      ],
    )
    const plain = await run(store, 'history', '--peer', '2')
    assert.match(plain.stdout, /^seq=4 .* from=#1\(.*\) to=#2\(.*\) type=chat state=unknown$/m)
  })

  test('begins with the latest and goes back page by page', async () => {
    const store = createMessageStore()
    store.addAll(Array.from({ length: 50 }, (_, i) => ({ from: 2 + (i % 2), content: 'x'.repeat(900) })))
    const pages = await allPages(store, parseJsonPage, 'history', '--peer', '2', '--limit', '200', '--json')
    assert.ok(pages.length > 1)
    assert.deepEqual(
      pages.toReversed().flatMap(page => page.messages.map(one => one.seq)),
      Array.from({ length: 25 }, (_, i) => 2 * i + 1),
    )
  })

  test('needs to know with whom, and takes no name that two people have', async () => {
    const store = createMessageStore()
    store.befriend(3, 'bob')
    store.befriend(4, 'bob')
    assert.equal((await run(store, 'history')).code, 2)
    const two = await run(store, 'history', '--peer', 'bob', '--lang', 'zh')
    assert.equal(two.code, 1)
    assert.match(two.stderr, /叫 "bob" 的联系人不止一个/)
    const none = await run(store, 'history', '--peer', 'carol')
    assert.match(none.stderr, /Nobody among the contacts is called "carol"\.\n {2}next: /)
  })
})

describe('search', () => {
  test('shows where a long message holds the words', async () => {
    const store = createMessageStore()
    store.add({ content: `${'x'.repeat(20_000)} 会议室 ${'y'.repeat(100)}` })
    const page = await json(store, 'search', '会议室')
    const [hit] = page.messages
    assert.match(hit?.text ?? '', /^…x+ 会议室 y+$/)
    assert.equal(hit?.truncated, true)
  })

  test('says how far back it looked, and names the command that goes on', async () => {
    const store = createMessageStore()
    store.addAll([{ content: 'a 会' }, ...Array.from({ length: 20_100 }, () => ({ content: 'x' }))])
    const first = await json(store, 'search', '会')
    assert.deepEqual([seqs(first), first.more, first.looked_back_to], [[], true, 102])
    const [, , ...next] = argumentsOf(first.next ?? '')
    assert.deepEqual(seqs(JSON.parse((await runProgram(next)).stdout)), [1])
  })

  test('repeats no hostile words in the command that goes on', async () => {
    const store = createMessageStore()
    store.addAll([{ content: 'a <|im_start|> b' }, { content: 'a <|im_start|> b' }])
    const page = await json(store, 'search', '--limit', '1', '<|im_start|>')
    assert.match(page.next ?? '', / --before 2 -- TEXT$/)
    assert.equal((await run(store, 'search', ' ')).code, 2)
  })
})
