import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseObject, readContacts, readProfile, readSnapshot, readStats } from '../../../ui/data/json-files.js'

describe('the JSON files on the page', () => {
  test('are read as the daemon writes them', () => {
    assert.deepEqual(
      readProfile(parseObject('{"my_id":"1","my_name":"me","status":"open","updated_at_utc":"2026-03-10T10:00:00Z"}')),
      {
        id: 1,
        name: 'me',
        status: 'open',
        updatedAt: '2026-03-10T10:00:00Z',
      },
    )
    assert.deepEqual(
      readContacts(
        parseObject('{"2":{"name":"bob","relationship":"accepted"},"wechat:a/b":{"name":"w"},"webhook:ops":{}}'),
      ).map(one => [one.key, one.name, one.relationship]),
      [
        ['relay:2', 'bob', 'accepted'],
        ['wechat:["a","b"]', 'w', null],
        ['webhook:"ops"', '', null],
      ],
    )
    const stats = readStats(
      parseObject(
        '{"messages_received":3,"messages_sent":1,"accounts":{"relay":{"state":"connected","since_utc":"2026-03-10T10:00:00Z","reason":null,"my_id":1}},"sinks":{}}',
      ),
    )
    assert.equal(stats?.received, 3)
    assert.deepEqual(stats?.accounts, [
      {
        name: 'relay',
        state: 'connected',
        sinceAt: '2026-03-10T10:00:00Z',
        reason: null,
        facts: { state: 'connected', since_utc: '2026-03-10T10:00:00Z', my_id: '1' },
        advice: null,
      },
    ])
    const {
      sinks: [wake],
    } = readStats(
      parseObject('{"sinks":{"wake":{"state":"misconfigured","advice":{"en":"do this","zh":"请这样做"}}}}'),
    ) ?? { sinks: [] }
    assert.deepEqual([wake?.advice, wake?.facts], [{ en: 'do this', zh: '请这样做' }, { state: 'misconfigured' }])
    const snapshot = readSnapshot(
      parseObject(
        '{"unread_count":4,"latest_peers":[{"id":"#2","name":"bob","last_message_utc":null}],"retention":{"days":7,"older_messages":2,"oldest_utc":null}}',
      ),
    )
    assert.deepEqual([snapshot?.unread, snapshot?.latestPeers.length, snapshot?.retention?.olderMessages], [4, 1, 2])
  })

  test('are nothing when they are no JSON objects', () => {
    for (const text of ['', '{', '[]', 'null', '"x"', '1']) assert.equal(parseObject(text), null)
    assert.deepEqual(
      [readProfile(null), readContacts(null), readStats(null), readSnapshot(null)],
      [null, [], null, null],
    )
  })

  test('never throw, and give the same shapes whatever stands in them', () => {
    const names = [
      'my_id',
      'my_name',
      'accounts',
      'sinks',
      'latest_peers',
      'retention',
      'channel',
      'unread_count',
      '2',
      'name',
      '__proto__',
    ]
    const value = fc.letrec(tie => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(fc.constantFrom(...names), tie('any')),
        fc.array(tie('any'), { maxLength: 3 }),
      ),
    })).any
    fc.assert(
      fc.property(value, any => {
        const fields = parseObject(JSON.stringify(any))
        const stats = readStats(fields)
        const snapshot = readSnapshot(fields)
        const profile = readProfile(fields)
        assert.ok(readContacts(fields).every(one => typeof one.name === 'string'))
        assert.equal(stats === null, fields === null)
        if (stats !== null) assert.ok([stats.received, stats.sent, stats.friends].every(Number.isSafeInteger))
        if (snapshot !== null) assert.ok(Array.isArray(snapshot.latestPeers) && Number.isSafeInteger(snapshot.unread))
        if (profile !== null) assert.ok(profile.id === null || Number.isSafeInteger(profile.id))
      }),
      { numRuns: 1000 },
    )
  })
})
