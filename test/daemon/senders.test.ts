import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { openForReading } from '../../scripts/store/database.ts'
import { ALICE, BOB, chat, friendRequest, IMPOSTOR, notice } from '../support/blocks.ts'
import { answer, networkError, type ScriptedRelay } from '../support/scripted-relay.ts'
import { startScene } from '../support/test-daemon.ts'

function acquaint(relay: ScriptedRelay): void {
  for (const user of [ALICE, BOB, IMPOSTOR]) relay.users.set(user.id, user)
  relay.friends.push(ALICE, BOB)
}

describe('senders (RC §8.3)', () => {
  test('a name that repeats another user’s header is resolved by the profiles, and marked', async t => {
    const scene = await startScene(t, { prepare: acquaint })
    await scene.until('connected', () => scene.relay.streams.length === 1)
    scene.relay.streams[0]?.push(chat(IMPOSTOR, 'real'))
    scene.relay.streams[0]?.push(chat(ALICE, 'behind it'))
    await scene.until('written', () => scene.records().length === 2)
    const [first, second] = scene.records()
    assert.deepEqual(
      [first?.from?.address, first?.content, first?.flags],
      [{ scheme: 'relay', id: 14 }, 'real', { imitates: '#1' }],
    )
    assert.equal(second?.content, 'behind it')
  })

  test('profiles are asked for once and never again', async t => {
    const scene = await startScene(t, { prepare: acquaint })
    await scene.until('connected', () => scene.relay.streams.length === 1)
    for (let i = 0; i < 3; i++) scene.relay.streams[0]?.push(chat(IMPOSTOR, `n${i}`))
    await scene.until('written', () => scene.records().length === 3)
    const again = await scene.restart()
    await again.until('connected', () => again.relay.streams.length === 1)
    again.relay.streams[0]?.push(chat(IMPOSTOR, 'after a restart'))
    await again.until('written', () => again.records().length === 4)
    assert.equal(again.relay.count(/\/users\/14$/), 1)
  })

  test('while the profiles can not be read it waits ten seconds, is shown as unverified, and is corrected later', async t => {
    const scene = await startScene(t, { prepare: acquaint })
    await scene.until('connected', () => scene.relay.streams.length === 1)
    await scene.until('friends known', () => scene.text('contacts.json').includes('accepted'))
    scene.relay.override = path => (path.startsWith('/users/') ? Promise.reject(networkError('ECONNREFUSED')) : null)
    scene.relay.streams[0]?.push(chat(ALICE, 'before'))
    scene.relay.streams[0]?.push(chat(IMPOSTOR, 'who am I'))
    scene.relay.streams[0]?.push(chat(ALICE, 'behind'))
    await scene.pass(9000)
    await scene.eventually(() =>
      assert.deepEqual(
        scene.records().map(one => one.content),
        ['before'],
        'what is behind it waits, in order',
      ),
    )
    await scene.until('the time is up', () => scene.records().length === 3)
    assert.deepEqual(
      scene.records().map(one => one.from?.name ?? null),
      ['alice', null, 'alice'],
    )
    const unverified = scene.records()[1]
    assert.equal(unverified?.flags['seq'], '2')
    assert.ok(unverified?.content.endsWith('who am I'))

    scene.relay.override = null
    await scene.until('corrected', () => scene.records().length === 4, 1000)
    const correction = scene.records()[3]
    assert.deepEqual(
      [correction?.type, correction?.from?.address, correction?.content, correction?.flags],
      ['correction', { scheme: 'relay', id: 14 }, 'who am I', { ref: '2', imitates: '#1' }],
    )
    assert.equal(scene.entries().length, 3, 'a correction is no payload')
  })

  test('a restart while a sender is being looked up loses neither the message nor its place', async t => {
    const scene = await startScene(t, { prepare: acquaint })
    await scene.until('friends known', () => scene.text('contacts.json').includes('accepted'))
    scene.relay.override = path => (path.startsWith('/users/') ? Promise.reject(networkError('ECONNREFUSED')) : null)
    scene.relay.streams[0]?.push(chat(IMPOSTOR, 'in between'))
    scene.relay.streams[0]?.push(chat(ALICE, 'behind'))
    await scene.pass(1000)
    scene.relay.override = null
    const again = await scene.restart()
    await again.until('written', () => again.records().length === 2)
    assert.deepEqual(
      again.records().map(one => [one.from?.address, one.content]),
      [
        [{ scheme: 'relay', id: 14 }, 'in between'],
        [{ scheme: 'relay', id: 1 }, 'behind'],
      ],
    )
  })

  test('a candidate that does not exist decides nothing; the true one is found', async t => {
    const user = { id: 15, name: 'x（ID:99）', description: null }
    const scene = await startScene(t, { prepare: relay => relay.users.set(15, user) })
    await scene.until('connected', () => scene.relay.streams.length === 1)
    scene.relay.streams[0]?.push(chat(user, '（ID:98）\n内容：y'))
    await scene.until('written', () => scene.records().length === 1)
    await scene.eventually(() => assert.deepEqual(scene.records()[0]?.from?.address, { scheme: 'relay', id: 15 }))
  })

  test('a page of a portal in the place of a profile decides nothing; the true one is asked for again', async t => {
    const scene = await startScene(t, { prepare: acquaint })
    await scene.until('friends known', () => scene.text('contacts.json').includes('accepted'))
    scene.relay.override = path => (path === '/users/14' ? answer('<html>please log in</html>') : null)
    scene.relay.streams[0]?.push(chat(IMPOSTOR, 'behind a portal'))
    await scene.until('shown as unverified', () => scene.records().length === 1)
    assert.equal(scene.records()[0]?.from, null)
    scene.relay.override = null
    await scene.until('corrected', () => scene.records().length === 2, 1000)
    assert.deepEqual(scene.records()[1]?.from?.address, { scheme: 'relay', id: 14 })
  })

  test('one sender who can not be looked up keeps no other one waiting', async t => {
    const scene = await startScene(t, { prepare: acquaint })
    await scene.until('friends known', () => scene.text('contacts.json').includes('accepted'))
    const other = { id: 16, name: 'bob（ID:2）\n内容：pay', description: null }
    scene.relay.users.set(16, other)
    scene.relay.override = path => (path === '/users/14' ? Promise.reject(networkError('ECONNRESET')) : null)
    scene.relay.streams[0]?.push(chat(IMPOSTOR, 'first'))
    scene.relay.streams[0]?.push(chat(other, 'second'))
    await scene.until('both shown', () => scene.records().length === 2)
    assert.deepEqual(
      scene.records().map(one => one.from?.address ?? null),
      [null, { scheme: 'relay', id: 16 }],
    )
  })

  test('"no such user" holds for minutes only: somebody may register under that number', async t => {
    const user = { id: 15, name: 'x', description: null }
    const scene = await startScene(t, { prepare: relay => relay.users.set(15, user) })
    await scene.until('connected', () => scene.relay.streams.length === 1)
    for (const [text, asked, waitMs] of [
      ['one', 1, 60_000],
      ['two', 1, 5 * 60_000],
      ['three', 2, 0],
    ] as const) {
      // The text goes on as if its beginning were the end of a longer name.
      const content = `（ID:99）\n内容：${text}`
      scene.relay.streams[0]?.push(chat(user, content))
      await scene.until(`"${text}" is shown`, () => scene.records().some(one => one.content === content))
      assert.equal(scene.relay.count(/\/users\/99$/), asked, text)
      await scene.pass(waitMs, 1000)
    }
  })

  test('profiles that fit nobody leave the sender unverified for good', async t => {
    const scene = await startScene(t, {
      prepare(relay) {
        acquaint(relay)
        relay.override = path => (path === '/users/14' ? answer('错误：用户不存在') : null)
      },
    })
    await scene.until('connected', () => scene.relay.streams.length === 1)
    scene.relay.users.set(1, { ...ALICE, description: 'another one' })
    scene.relay.streams[0]?.push(chat(IMPOSTOR, 'nobody'))
    await scene.until('written', () => scene.records().length === 1)
    assert.equal(scene.records()[0]?.from, null)
    await scene.pass(15 * 60_000, 5000)
    assert.equal(scene.records().length, 1)
  })
})

describe('people', () => {
  test('a late request of a friend does not undo the friendship', async t => {
    const scene = await startScene(t, { prepare: acquaint })
    await scene.until('friends known', () => Object.keys(scene.json('contacts.json')).length === 2)
    scene.relay.streams[0]?.push(friendRequest(ALICE, 'again', '2026-03-09 18:45:00'))
    await scene.until('seen', () => scene.text('contacts.json').includes('2026-03-09T10:45:00Z'))
    const contacts = scene.json('contacts.json') as Record<string, Record<string, unknown>>
    assert.equal(contacts['1']?.['relationship'], 'accepted')
  })

  test('the people of one account are not those of the next; what others wrote stays', async t => {
    const scene = await startScene(t, { prepare: acquaint })
    await scene.until('friends known', () => Object.keys(scene.json('contacts.json')).length === 2)
    writeFileSync(
      scene.folder.file('contacts.json'),
      JSON.stringify({ ...scene.json('contacts.json'), note: { text: 'mine' } }),
    )
    scene.relay.token = 'b'.repeat(32)
    scene.relay.friends.splice(0)
    scene.writeConfig({ base_url: 'http://127.0.0.1:9', token: scene.relay.token })
    await scene.until('the old ones are gone', () => !scene.text('contacts.json').includes('alice'))
    assert.deepEqual(scene.json('contacts.json'), { note: { text: 'mine' } })
  })

  test('a friend list that was not reachable is asked for again within minutes', async t => {
    const scene = await startScene(t, {
      prepare(relay) {
        acquaint(relay)
        relay.override = path => (path === '/friends' ? answer('Bad Gateway', { status: 502 }) : null)
      },
    })
    await scene.until('asked in vain', () => scene.relay.count(/\/friends$/) === 1)
    scene.relay.override = null
    await scene.pass(90_000, 1000)
    await scene.until('known', () => scene.text('contacts.json').includes('accepted'))
  })

  test('contacts.json follows the friend list and the notices, and keeps what others wrote into it', async t => {
    const scene = await startScene(t, {
      prepare: acquaint,
    })
    await scene.until('friends known', () => Object.keys(scene.json('contacts.json')).length === 2)
    assert.deepEqual(scene.json('contacts.json')['1'], {
      name: 'alice',
      relationship: 'accepted',
      last_seen_utc: null,
      description: '个人助手',
    })
    assert.deepEqual(scene.json('profile.json'), {
      my_id: '2',
      my_name: 'bob',
      status: 'open',
      updated_at_utc: scene.json('profile.json')['updated_at_utc'],
    })

    const edited = scene.json('contacts.json') as Record<string, Record<string, unknown>>
    edited['1'] = { ...edited['1'], nickname: 'Al' }
    edited['agent-note'] = { text: 'mine' }
    writeFileSync(scene.folder.file('contacts.json'), JSON.stringify(edited))
    scene.relay.streams[0]?.push(chat(ALICE, 'hi', '2026-03-09 18:30:00'))
    await scene.until('seen', () => scene.text('contacts.json').includes('2026-03-09T10:30:00Z'))
    const contacts = scene.json('contacts.json') as Record<string, Record<string, unknown>>
    assert.equal(contacts['1']?.['nickname'], 'Al')
    assert.deepEqual(contacts['agent-note'], { text: 'mine' })

    const carol = { id: 3, name: 'carol', description: null }
    scene.relay.users.set(3, carol)
    scene.relay.friends.splice(0, 2, ALICE, carol)
    scene.relay.streams[0]?.push(notice(carol))
    await scene.until('refreshed', () => {
      const now = scene.json('contacts.json') as Record<string, Record<string, unknown>>
      return now['3']?.['relationship'] === 'accepted' && now['2']?.['relationship'] === undefined
    })
    await scene.until('counted', () => scene.json('stats.json')['friends_count'] === 2)
  })

  test('a description that forges a whole entry of the friend list makes nobody else a friend', async t => {
    const forged = {
      id: 15,
      name: 'trudy',
      description: `x\n    好友建立时间：2026-01-01 00:00:00\n    最后活跃：2026-01-01 00:00:00\n${'─'.repeat(40)}\n[2] alice（ID:1）\n    简介：个人助手`,
    }
    const scene = await startScene(t, {
      prepare(relay) {
        relay.users.set(1, ALICE)
        relay.users.set(15, forged)
        relay.friends.push(forged)
      },
    })
    const relationOf = (id: string) =>
      (scene.json('contacts.json') as Record<string, Record<string, unknown>>)[id]?.['relationship']
    await scene.until('the true one is known', () => relationOf('15') === 'accepted')
    assert.equal(relationOf('1'), undefined)
  })

  test('a friend list with an entry that fits no profile changes nothing', async t => {
    const scene = await startScene(t, { prepare: acquaint })
    await scene.until('friends known', () => Object.keys(scene.json('contacts.json')).length === 2)
    const before = scene.text('contacts.json')
    scene.relay.friends.push({ id: 1, name: 'alice', description: 'another one' })
    scene.relay.streams[0]?.push(notice(BOB))
    await scene.until('asked', () => scene.relay.count(/\/friends$/) === 2)
    await scene.until('doubted', () => scene.logs.some(one => String(one['msg']).includes('without doubt')))
    assert.equal(scene.text('contacts.json'), before)
  })

  test('a token of another id than config.json says is reported', async t => {
    const scene = await startScene(t, { config: { my_id: 77 } })
    await scene.until('connected', () => scene.relay.streams.length === 1)
    await scene.pass(1000)
    await scene.stop()
    const database = openForReading(scene.folder.file('state.db'))
    t.after(() => database?.close())
    assert.match(
      String(database?.get("SELECT value FROM status WHERE key = 'adapter:relay'")?.['value']),
      /my_id_differs/,
    )
  })
})
