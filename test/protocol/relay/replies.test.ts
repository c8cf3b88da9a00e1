import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  isBlocked,
  isHealthy,
  isUnblocked,
  parseHomepageUpdated,
  parseRelayStats,
  parseSent,
  parseStatusChanged,
} from '../../../scripts/protocol/relay/answers.ts'
import { parseInbox } from '../../../scripts/protocol/relay/inbox.ts'
import { parseDiscovered, parseFriends, walkList } from '../../../scripts/protocol/relay/lists.ts'
import { parseProfile, splitProfile } from '../../../scripts/protocol/relay/profile.ts'
import { parseRegistration } from '../../../scripts/protocol/relay/registration.ts'
import { classifyReply } from '../../../scripts/protocol/relay/reply.ts'
import { retryAfterMs } from '../../../scripts/protocol/retry-after.ts'
import { profile } from '../../support/blocks.ts'
import { fixtureNames, fixtureReply, fixtureText } from '../../support/fixtures.ts'
import { profileHead, recordedHeads } from '../../support/profiles.ts'

function classified(stem: string): string {
  return classifyReply(fixtureReply(stem).status, fixtureText(stem)).kind
}

describe('answers are told apart by their text (RC §5, §11)', () => {
  const kinds: Readonly<Record<string, readonly string[]>> = {
    unauthorized: [
      '201-messages-bad-token',
      '202-messages-missing-token',
      '317-send-missing-token',
      '318-send-bad-token',
      '414-send-file-bad-token',
      '504-patch-me-bad-token',
      '513-users-bad-token',
      '532-friends-bad-token',
      '606-homepage-put-bad-token',
      '607-homepage-put-missing-token',
      '710-stream-bad-token',
      '711-stream-missing-token',
      '952-legacy-2026-03-08a-bad-token',
    ],
    throttled: ['902-rate-limited', '954-legacy-2026-03-08b-throttled', '959-legacy-2026-03-14-throttled'],
    stream_limit: ['957-legacy-2026-03-08c-stream-second', '958-legacy-2026-03-09-stream-second'],
    no_answer: [
      '903-not-found',
      '904-method-not-allowed',
      '905-trailing-slash',
      '906-internal-error',
      '907-body-not-utf8',
      '953-legacy-2026-03-08a-no-stream',
    ],
    refused: [
      '110-register-duplicate-name',
      '111-register-bad-status',
      '117-register-full',
      '203-messages-limit-0',
      '301-send-second-while-pending',
      '310-send-to-self',
      '311-send-unknown-user',
      '312-send-1001-characters',
      '320-send-to-do-not-disturb',
      '322-send-to-friends-only-friend',
      '324-send-to-blocker',
      '412-send-file-too-large',
      '420-send-file-recipient-online',
      '522-user-unknown',
      '541-block-again',
      '546-unblock-none',
      '602-homepage-put-json',
      '611-homepage-get-unknown',
      '951-legacy-2026-03-08a-register-again',
      '955-legacy-2026-03-08b-register-again',
    ],
    text: [
      '100-register-ok',
      '200-messages-empty',
      '303-send-chat',
      '520-user-by-id',
      '900-health',
      '610-homepage-get',
    ],
  }
  for (const [kind, stems] of Object.entries(kinds)) {
    for (const stem of stems) test(`${stem} is ${kind}`, () => assert.equal(classified(stem), kind))
  }
})

describe('a profile begins with a stranger’s name (RC §4.4)', () => {
  for (const name of [
    '错误：用户不存在',
    '错误：请求过于频繁，请稍后再试。',
    '错误 401：Token 无效',
    '请求格式错误：header -> X-Token: Field required',
    '错误：该 IP 的 SSE 连接数已达上限（最多 1 条）。',
  ]) {
    test(`${name} is a name there`, () => {
      const text = profile({ id: 9, name, description: null })
      assert.deepEqual(classifyReply(200, text), { kind: 'text', text })
      assert.equal(parseProfile(text, 9)?.head, profileHead(9, name, null))
    })
  }
})

describe('registrations', () => {
  const sent: Readonly<Record<string, { name: string; description: string | null }>> = {
    '100-register-ok': { name: 'alice', description: '个人助手' },
    '101-register-minimal': { name: 'bob', description: null },
    '102-register-friends-only': { name: 'carol', description: '只聊熟人' },
    '103-register-do-not-disturb': { name: 'dave', description: null },
    '814-register-hostile-table': { name: 'judy', description: 'd' },
    '950-legacy-2026-03-08a-register': { name: 'alice', description: null },
  }
  for (const [stem, input] of Object.entries(sent)) {
    test(`${stem} gives id and token`, () => {
      const found = parseRegistration(fixtureText(stem), input)
      assert.match(found?.token ?? '', /^[0-9a-f]{32}$/)
      assert.ok(found !== null && found.id > 0)
      assert.ok(fixtureText(stem).indexOf(found.token) < 200, 'not taken from the table below')
    })
  }
  test('a reply for another name is not taken for ours', () => {
    assert.equal(parseRegistration(fixtureText('100-register-ok'), { name: 'mallory', description: null }), null)
  })
})

describe('what sending says', () => {
  const cases: Readonly<Record<string, [string, boolean]>> = {
    '300-send-first-contact': ['requested', false],
    '302-send-reply-accepts': ['accepted', true],
    '303-send-chat': ['unchanged', false],
    '304-send-with-preview': ['unchanged', true],
    '313-send-1000-emoji': ['unchanged', false],
    '400-send-file': ['unchanged', false],
    '422-send-file-as-acceptance': ['accepted', true],
    '813-send-preview-hostile': ['unchanged', true],
  }
  for (const [stem, [friendship, inboxWaiting]] of Object.entries(cases)) {
    test(stem, () => assert.deepEqual(parseSent(fixtureText(stem)), { friendship, inboxWaiting }))
  }
  test('no other recorded answer is taken for a success', () => {
    for (const name of fixtureNames(/^(?:31|32|41|42)\d-.*\.http$/)) {
      const text = fixtureText(name.replace('.http', ''))
      assert.equal(parseSent(text) !== null, text.startsWith('发送成功'), name)
    }
  })
})

test('status, block, unblock, homepage, counters and health have exact texts', () => {
  assert.equal(parseStatusChanged(fixtureText('500-patch-me-friends-only')), 'friends_only')
  assert.equal(parseStatusChanged(fixtureText('501-patch-me-do-not-disturb')), 'do_not_disturb')
  assert.equal(parseStatusChanged(fixtureText('502-patch-me-open')), 'open')
  assert.equal(parseStatusChanged(fixtureText('503-patch-me-bad-status')), null)
  assert.equal(isBlocked(fixtureText('540-block')), true)
  assert.equal(isBlocked(fixtureText('541-block-again')), false)
  assert.equal(isUnblocked(fixtureText('544-unblock')), true)
  assert.equal(isUnblocked(fixtureText('546-unblock-none')), false)
  assert.match(parseHomepageUpdated(fixtureText('600-homepage-put-raw')) ?? '', /^http:.*\/homepage\/1$/)
  assert.equal(parseHomepageUpdated(fixtureText('603-homepage-put-not-html')), null)
  assert.deepEqual(parseRelayStats(fixtureText('901-stats')), { users: 0, friendships: 0, messages: 0 })
  assert.equal(parseRelayStats(fixtureText('903-not-found')), null)
  assert.equal(isHealthy(fixtureText('900-health')), true)
  assert.equal(isHealthy(fixtureText('901-stats')), false)
})

describe('profiles', () => {
  test('an honest profile splits into name and description', () => {
    const profile = parseProfile(fixtureText('520-user-by-id'), 1)
    assert.equal(profile?.status, 'open')
    assert.deepEqual(splitProfile(profile?.head ?? '', 1), { name: 'alice', description: '个人助手' })
  })
  test('a profile without description says so', () => {
    const profile = parseProfile(fixtureText('521-user-by-id-no-description'), 4)
    assert.equal(profile?.status, 'do_not_disturb')
    assert.deepEqual(splitProfile(profile?.head ?? '', 4), { name: 'dave', description: null })
  })
  test('a hostile profile is read whole', () => {
    const profile = parseProfile(fixtureText('804-user-hostile-profile'), 14)
    assert.equal(profile?.head, recordedHeads().get(14))
  })
  test('the profile of another user is none', () => {
    assert.equal(parseProfile(fixtureText('520-user-by-id'), 2), null)
  })
  test('a name that repeats the joint leaves the cut open', () => {
    const name = 'x（ID:9）\n    简介：y'
    assert.equal(splitProfile(profileHead(9, name, 'd'), 9), null)
  })
})

describe('lists are believed only when the literal walk comes out', () => {
  const heads = recordedHeads()
  function friendsOf(stem: string): { candidates: readonly number[]; walked: number[] | null } {
    const list = parseFriends(fixtureText(stem))
    assert.equal(list.kind, 'list')
    if (list.kind !== 'list') return { candidates: [], walked: null }
    const known = new Map(list.candidates.flatMap(id => (heads.has(id) ? [[id, heads.get(id) ?? '']] : [])))
    return { candidates: list.candidates, walked: walkList(list, known as Map<number, string>, 'friends') }
  }
  test('an ordinary list', () => {
    const known = new Map([[2, profileHead(2, 'bob', null)]])
    const list = parseFriends(fixtureText('531-friends'))
    assert.deepEqual(list.kind === 'list' && walkList(list, known, 'friends'), [2])
  })
  test('a list with hostile names', () => assert.deepEqual(friendsOf('805-friends-hostile').walked, [13, 14, 1]))
  test('a description that forges a whole entry does not count as a friend', () => {
    const list = parseFriends(fixtureText('806-friends-forged-entry'))
    assert.equal(list.kind, 'list')
    if (list.kind !== 'list') return
    const trudy = `trudy（ID:9）（ID:15）\n    简介：x\n${'─'.repeat(40)}\n[9] alice（ID:1）\n    简介：个人助手\n    好友建立时间：2026-01-01 00:00:00\n    最后活跃：2026-01-01 00:00:00`
    const known = new Map(heads)
    known.set(15, trudy)
    assert.deepEqual(walkList(list, known, 'friends'), [13, 14, 15, 1])
    known.delete(15)
    assert.equal(walkList(list, known, 'friends'), null, 'an unknown profile leaves the list in doubt')
  })
  test('an empty list, and a body that is none', () => {
    assert.equal(parseFriends(fixtureText('530-friends-empty')).kind, 'empty')
    assert.equal(parseFriends(fixtureText('510-users')).kind, 'unknown')
  })
  test('discovery', () => {
    const list = parseDiscovered(fixtureText('510-users'))
    assert.equal(list.kind, 'list')
    if (list.kind !== 'list') return
    const known = new Map([
      [2, profileHead(2, 'bob', null)],
      [5, profileHead(5, 'erin', 'a|b "q" \\ <tag>')],
    ])
    assert.deepEqual(walkList(list, known, 'discovered'), [2, 5])
    assert.equal(parseDiscovered(fixtureText('512-users-none')).kind, 'empty')
  })
})

test('inbox texts that are no messages', () => {
  assert.equal(parseInbox(fixtureText('200-messages-empty'), true).kind, 'empty')
  assert.equal(parseInbox(fixtureText('206-messages-from-id-empty'), true).kind, 'empty')
  assert.equal(parseInbox(fixtureText('304-send-with-preview'), true).kind, 'unknown')
  assert.equal(parseInbox('<html>收件箱为空</html>', true).kind, 'unknown')
})

test('a negative remainder and an empty reading are accepted (RC §4.2)', () => {
  const frame = '═'.repeat(40)
  const text = `收件箱共 3 条 | 本次读取并清除 0 条 | 剩余 -2 条（已全部读取）\n${frame}\n\n${frame}`
  assert.deepEqual(parseInbox(text, true), { kind: 'messages', count: 0, remaining: -2, spans: [] })
})

test('Retry-After is seconds or a date', () => {
  const now = Date.UTC(2026, 10, 20, 6, 0, 0)
  assert.equal(retryAfterMs('2', now), 2000)
  assert.equal(retryAfterMs('Fri, 20 Nov 2026 06:00:05 GMT', now), 5000)
  assert.equal(retryAfterMs('Fri, 20 Nov 2020 06:00:05 GMT', now), 0)
  assert.equal(retryAfterMs('soon', now), undefined)
  assert.equal(retryAfterMs(null, now), undefined)
})
