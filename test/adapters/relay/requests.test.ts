import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRelayClient } from '../../../scripts/adapters/relay/client.ts'
import type { Pacer } from '../../../scripts/adapters/relay/pacer.ts'
import { createProfiles } from '../../../scripts/adapters/relay/profiles.ts'
import { createRelayRequests, type RelayRequests } from '../../../scripts/adapters/relay/requests.ts'
import type { AdapterContext, Contact, ContactChange, OwnProfile } from '../../../scripts/core/adapter.ts'
import {
  OutcomeUnknownError,
  RefusedError,
  ThrottledError,
  UnauthorizedError,
  UnreachableError,
} from '../../../scripts/core/errors.ts'
import type { FetchAnswer, FetchInit } from '../../../scripts/core/fetch.ts'
import { ALICE, BOB, friends, IMPOSTOR, profile, type TestUser } from '../../support/blocks.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { fixtureReply, fixtureText } from '../../support/fixtures.ts'
import { answer, cutAnswer, networkError } from '../../support/scripted-relay.ts'

type Respond = (path: string, init: FetchInit) => Promise<FetchAnswer> | FetchAnswer

/** An owner's questions to a relay that answers as the test says, and what they leave behind. */
function ask(respond: Respond, { known = [] as readonly Contact[], myId = 1 as number | null } = {}) {
  const clock = createFakeClock()
  const asked: { line: string; init: FetchInit }[] = []
  const changes: ContactChange[] = []
  const identified: OwnProfile[] = []
  const memos = new Map<string, string>()
  const ctx = {
    signal: new AbortController().signal,
    clock,
    contacts: {
      list: () => known,
      relationshipWith: () => null,
      update: async (some: readonly ContactChange[]) => void changes.push(...some),
    },
    memo: {
      get: (key: string) => memos.get(key),
      set: async (key: string, value: string) => void memos.set(key, value),
    },
    identified: async (one: OwnProfile) => void identified.push(one),
  } as unknown as AdapterContext
  // Their distance is a test of its own.
  const pacer: Pacer = { turn: async () => {}, throttled() {}, passed() {}, slow: false }
  const client = createRelayClient({
    baseUrl: 'http://relay.test',
    token: 'a'.repeat(32),
    clock,
    pacer,
    async fetch(url, init) {
      const path = url.slice('http://relay.test'.length)
      asked.push({ line: `${init.method} ${path}`, init })
      return respond(path, init)
    },
  })
  const requests = createRelayRequests(ctx, { client, profiles: createProfiles(ctx, client), myId: () => myId })
  return { requests, asked, changes, identified, lines: () => asked.map(one => one.line) }
}

function recorded(stem: string): FetchAnswer {
  const { status, headers } = fixtureReply(stem)
  return answer(fixtureText(stem), { status, headers: Object.fromEntries(headers) })
}

/** A relay where these people are, and a list that shows them. */
function peopled(users: readonly TestUser[], list: (path: string) => FetchAnswer): Respond {
  return path => {
    const id = Number(/^\/users\/(\d+)$/.exec(path)?.[1])
    const user = users.find(one => one.id === id)
    if (!Number.isNaN(id)) return user === undefined ? answer('错误：用户不存在') : answer(profile(user))
    return list(path)
  }
}

const relay = (id: number) => ({ scheme: 'relay', id }) as const
const PAGE = new TextEncoder().encode('<p>x</p>')

const CHANGES: readonly (readonly [string, string, string, (requests: RelayRequests) => Promise<unknown>])[] = [
  ['block', 'POST /block/1', '540-block', one => one.block(1)],
  ['unblock', 'POST /unblock/1', '544-unblock', one => one.unblock(1)],
  ['me --status', 'PATCH /me', '500-patch-me-friends-only', one => one.setStatus('friends_only')],
  ['homepage put', 'PUT /homepage', '600-homepage-put-raw', one => one.putHomepage(PAGE, () => {})],
]

describe('what an owner changes at the relay', () => {
  for (const [name, line, stem, change] of CHANGES) {
    test(`${name}: is asked for once and done`, async () => {
      const { requests, lines, asked } = ask(() => recorded(stem))
      await change(requests)
      assert.deepEqual(lines(), [line])
      assert.equal(asked[0]?.init.headers['X-Token'], 'a'.repeat(32))
    })

    test(`${name}: what the relay refuses is in its words, and leaves nothing behind`, async () => {
      const { requests, changes, identified } = ask(() => answer('错误：用户不存在'))
      await assert.rejects(
        change(requests),
        error => error instanceof RefusedError && error.message === '错误：用户不存在',
      )
      assert.deepEqual([changes, identified], [[], []])
    })

    const UNKNOWN: readonly (readonly [string, Respond])[] = [
      ['a page', () => answer('<html>')],
      ['almost the right words', () => answer(`!${fixtureText(stem)}`)],
      ['an answer that is cut', () => cutAnswer(fixtureText(stem))],
      ['a 502', () => answer('', { status: 502 })],
      ['a connection that is reset', () => Promise.reject(networkError('ECONNRESET'))],
    ]
    test(`${name}: is unknown after anything else, is asked for once, and leaves nothing behind`, async () => {
      for (const [what, respond] of UNKNOWN) {
        const { requests, changes, identified, lines } = ask(respond)
        await assert.rejects(change(requests), OutcomeUnknownError, what)
        assert.deepEqual([changes, identified, lines()], [[], [], [line]], what)
      }
    })

    test(`${name}: was not done where nothing was sent, the token is refused, or the relay wants patience`, async () => {
      for (const [respond, kind] of [
        [() => Promise.reject(networkError('ECONNREFUSED')), UnreachableError],
        [() => answer('错误：Token 无效'), UnauthorizedError],
        [() => answer('错误 401：Token 无效', { status: 401 }), UnauthorizedError],
        [() => recorded('902-rate-limited'), ThrottledError],
      ] as const) {
        const { requests, changes } = ask(respond)
        await assert.rejects(change(requests), kind)
        assert.deepEqual(changes, [])
      }
    })
  }

  test('a block and its end are told to the contacts', async () => {
    const blocked = ask(() => recorded('540-block'))
    await blocked.requests.block(1)
    assert.deepEqual(blocked.changes, [{ address: relay(1), relationship: 'blocked' }])
    const free = ask(() => recorded('544-unblock'))
    await free.requests.unblock(1)
    assert.deepEqual(free.changes, [{ address: relay(1), relationship: 'none' }])
  })

  test('a block of somebody with a hostile name is done all the same', async () => {
    const { requests, changes } = ask(() =>
      answer('已拉黑 错误：x\n（ID:9），其在你收件箱中的消息已清除（ID:1），其在你收件箱中的消息已清除'),
    )
    await requests.block(1)
    assert.equal(changes.length, 1)
  })

  test('a page goes out as it is, and its address comes back', async () => {
    const { requests, asked } = ask(() => recorded('600-homepage-put-raw'))
    assert.equal(await requests.putHomepage(PAGE, () => {}), 'http://127.0.0.1:18000/homepage/1')
    assert.deepEqual(asked[0]?.init.body, PAGE)
    assert.equal(asked[0]?.init.headers['Content-Type'], 'text/html; charset=utf-8')
  })

  test('a page that is refused with a real status is refused in the relay’s words', async () => {
    for (const stem of ['603-homepage-put-not-html', '604-homepage-put-empty', '605-homepage-put-too-large']) {
      const { requests } = ask(() => recorded(stem))
      await assert.rejects(
        requests.putHomepage(PAGE, () => {}),
        error => {
          return error instanceof RefusedError && error.status === 400 && error.message === fixtureText(stem)
        },
      )
    }
  })
})

describe('who is on the relay', () => {
  test('friends are told to the contacts, and who is none any more', async () => {
    const gone: Contact = { address: relay(7), name: 'gone', relationship: 'accepted' }
    const stranger: Contact = { address: relay(8), name: 'asked', relationship: 'pending_outgoing' }
    const respond = peopled([ALICE, BOB], () => answer(friends([ALICE, BOB])))
    const { requests, changes } = ask(respond, { known: [gone, stranger] })
    const list = await requests.friends()
    assert.deepEqual(list, { kind: 'friends', friends: [ALICE, BOB] })
    assert.deepEqual(
      changes.map(one => [one.address, one.relationship]),
      [
        [relay(1), 'accepted'],
        [relay(2), 'accepted'],
        [relay(7), 'none'],
      ],
    )
  })

  test('an empty list is one, and a doubtful one changes nothing', async () => {
    const known: readonly Contact[] = [{ address: relay(7), name: 'gone', relationship: 'accepted' }]
    const empty = ask(() => recorded('530-friends-empty'), { known })
    assert.deepEqual(await empty.requests.friends(), { kind: 'friends', friends: [] })
    assert.deepEqual(empty.changes, [{ address: relay(7), relationship: 'none' }])
    const doubtful = ask(
      peopled([ALICE], () => answer('共 2 位好友\nsomething else')),
      { known },
    )
    assert.equal((await doubtful.requests.friends()).kind, 'doubt')
    assert.deepEqual(doubtful.changes, [])
  })

  test('people who are open to everybody are told without a relationship; the keyword is escaped', async () => {
    const erin = { id: 5, name: 'erin', description: 'a|b "q" \\ <tag>' }
    const { requests, changes, lines } = ask(peopled([erin], () => recorded('511-users-keyword')))
    const found = await requests.discover('a&b=c #/?%中')
    assert.deepEqual(found, { kind: 'people', people: [erin] })
    assert.deepEqual(changes, [{ address: relay(5), name: 'erin', description: erin.description }])
    assert.equal(lines()[0], `GET /users?keyword=${encodeURIComponent('a&b=c #/?%中')}`)
    const none = ask(() => recorded('512-users-none'))
    assert.deepEqual(await none.requests.discover(''), { kind: 'people', people: [] })
    assert.deepEqual(none.lines(), ['GET /users'])
  })

  test('somebody’s profile is theirs, hostile or not; nobody is null', async () => {
    const { requests, changes } = ask(() => recorded('520-user-by-id'))
    const alice = await requests.user(1)
    assert.deepEqual([alice?.name, alice?.description, alice?.status], ['alice', '个人助手', 'open'])
    assert.match(alice?.lastSeenAt ?? '', /^2026-11-20T06:34:57Z$/)
    assert.deepEqual(changes[0], {
      address: relay(1),
      name: 'alice',
      description: '个人助手',
      lastSeenAt: alice?.lastSeenAt,
    })
    assert.equal(await ask(() => recorded('522-user-unknown')).requests.user(1), null)
    const hostile = await ask(() => answer(profile(IMPOSTOR))).requests.user(14)
    assert.notEqual(hostile?.name, 'alice')
  })

  test('nobody knows who we are before the relay has said it', async () => {
    const { requests, lines } = ask(() => assert.fail(), { myId: null })
    assert.equal(await requests.me(), null)
    assert.deepEqual(lines(), [])
  })

  test('a change of status is told to the profile, with the name that is known', async () => {
    const respond: Respond = path => (path === '/me' ? recorded('500-patch-me-friends-only') : answer(profile(ALICE)))
    const { requests, identified } = ask(respond)
    await requests.me()
    await requests.setStatus('friends_only')
    assert.deepEqual(identified, [{ id: '1', name: 'alice', status: 'friends_only' }])
  })
})

describe('what is read and can not be', () => {
  const READS: readonly (readonly [string, (requests: RelayRequests) => Promise<unknown>])[] = [
    ['user', one => one.user(1)],
    ['relay-stats', one => one.stats()],
    ['homepage get', one => one.homepage(1)],
    ['friends', one => one.friends()],
    ['users', one => one.discover('')],
  ]
  for (const [name, read] of READS) {
    test(`${name}: is no answer, and never unknown: reading changes nothing`, async () => {
      for (const respond of [
        () => answer('', { status: 502 }),
        () => cutAnswer('共'),
        () => Promise.reject(networkError('ECONNRESET')),
      ] as const) {
        const { requests, changes } = ask(respond)
        await assert.rejects(read(requests), UnreachableError)
        assert.deepEqual(changes, [])
      }
    })
  }

  test('numbers of the relay that are none are no answer', async () => {
    assert.deepEqual(await ask(() => recorded('901-stats')).requests.stats(), { users: 0, friendships: 0, messages: 0 })
    for (const text of ['<html>', '{}', '{"users":"1","friendships":0,"messages":0}', 'null']) {
      await assert.rejects(ask(() => answer(text)).requests.stats(), UnreachableError)
    }
  })

  test('a page may say anything; a page that is not there is refused in the relay’s words', async () => {
    for (const text of ['错误：Token 无效', '错误 429：请求过于频繁', fixtureText('610-homepage-get')]) {
      assert.equal(await ask(() => answer(text)).requests.homepage(2), text)
    }
    await assert.rejects(ask(() => recorded('611-homepage-get-unknown')).requests.homepage(99), RefusedError)
  })

  test('a stranger’s page is asked for without our token', async () => {
    const { requests, asked } = ask(() => recorded('610-homepage-get'))
    await requests.homepage(2)
    assert.equal(asked[0]?.init.headers['X-Token'], undefined)
  })
})
