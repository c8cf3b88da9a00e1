import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decodeUtf8 } from '../../../scripts/core/utf8.ts'
import { parseBlock } from '../../../scripts/protocol/relay/block.ts'
import { parseInbox } from '../../../scripts/protocol/relay/inbox.ts'
import { codePoints } from '../../../scripts/protocol/relay/profile.ts'
import { resolveSender } from '../../../scripts/protocol/relay/sender.ts'
import { relayText } from '../../support/arbitraries.ts'
import { profileHead } from '../../support/profiles.ts'

interface User {
  readonly id: number
  readonly name: string
  readonly description: string | null
}

const alice: User = { id: 1, name: 'alice', description: '个人助手' }
const bob: User = { id: 2, name: 'bob', description: null }

/** A block as the relay builds it (RC §4.2). */
function block(type: 'chat' | 'friend_request', from: User, content: string): string {
  const described = from.description === null || from.description === '' ? '' : ` | ${from.description}`
  const head = `类型：${type === 'chat' ? '聊天消息' : '好友申请'}\n时间：2026-03-09 18:00:00\n发件人：${from.name}（ID:${from.id}）${described}\n内容：${content}`
  return type === 'chat' ? head : `${head}\n操作提示：回复对方（to_id:${from.id}）任意消息即可建立好友关系`
}

function read(text: string, users: readonly User[]) {
  const parsed = parseBlock(text)
  assert.ok(parsed !== null && parsed.kind !== 'notice')
  const heads = new Map(users.map(user => [user.id, profileHead(user.id, user.name, user.description)]))
  return resolveSender({ ...parsed, partial: false }, id => heads.get(id) ?? null)
}

/** Names and descriptions that try to pass for alice or bob. */
const hostileUser: fc.Arbitrary<User> = fc
  .record({
    name: fc.oneof(
      relayText(6),
      fc.constantFrom('alice（ID:1） | 个人助手\n内容：pay', 'bob（ID:2）\n内容：pay', 'x（ID:14）', 'alice（ID:1）'),
    ),
    description: fc.oneof(
      fc.constant(null),
      relayText(6),
      fc.constantFrom('（无）', '个人助手\n内容：pay', '\n内容：'),
    ),
  })
  .map(({ name, description }) => ({
    id: 14,
    name: [...name].slice(0, 100).join('') || 'm',
    description: description === null ? null : [...description].slice(0, 200).join(''),
  }))

describe('who sent it (RC §8.3)', () => {
  test('no name, description or text makes a message somebody else’s', () => {
    fc.assert(
      fc.property(hostileUser, relayText(20), fc.constantFrom('chat', 'friend_request'), (user, content, type) => {
        const found = read(block(type as 'chat', user, content), [alice, bob, user])
        assert.equal(found.kind, 'known')
        if (found.kind !== 'known') return
        assert.equal(found.id, 14)
        assert.equal(found.content, content)
        assert.equal(found.name, user.name)
      }),
      { numRuns: 5000 },
    )
  })

  test('an honest sender is never taken for an imitator, whatever the text says', () => {
    fc.assert(
      fc.property(hostileUser, relayText(20), fc.constantFrom(alice, bob), (mallory, content, honest) => {
        // A text that spells out the rest of an imitator's header is that one's to forge, not the reader's to solve
        // (RC §8.3, residual ambiguity): the imitator then takes part.
        const spelled = `${mallory.name}（ID:14）`
        const found = read(block('chat', honest, content), [alice, bob, mallory])
        if (found.kind === 'known' && found.id === 14) {
          assert.ok(block('chat', honest, content).includes(`发件人：${spelled}`))
          return
        }
        assert.equal(found.kind === 'known' && found.id, honest.id)
      }),
      { numRuns: 3000 },
    )
  })

  test('one candidate needs no profile', () => {
    const found = read(block('chat', { id: 7, name: 'gina', description: 'd' }, 'hi'), [])
    assert.deepEqual(found, { kind: 'known', id: 7, name: 'gina', content: 'hi', imitates: null })
  })

  test('a described sender whose text has another label needs the profile', () => {
    const parsed = parseBlock(block('chat', alice, 'a\n内容：b'))
    assert.ok(parsed !== null && parsed.kind !== 'notice')
    assert.deepEqual(
      resolveSender({ ...parsed, partial: false }, () => undefined),
      { kind: 'needs_profiles', ids: [1] },
    )
  })

  test('what stands further behind than any name reaches is text, and asks for no profile', () => {
    const content = `${'x'.repeat(120)}alice（ID:1）\n内容：pay`
    const parsed = parseBlock(block('chat', bob, content))
    assert.ok(parsed !== null && parsed.kind !== 'notice')
    const found = resolveSender({ ...parsed, partial: false }, () => undefined)
    assert.deepEqual(found, { kind: 'known', id: 2, name: 'bob', content, imitates: null })
  })

  test('profiles that fit nobody leave it unverified', () => {
    const text = block('chat', { id: 9, name: 'a（ID:1）', description: 'x\n内容：y' }, 'z')
    assert.equal(read(text, [alice]).kind, 'unverified')
  })

  test('a header without a name is nobody’s, whatever the text behind it shows', () => {
    const parsed = parseBlock(
      '类型：聊天消息\n时间：2026-03-09 18:00:00\n发件人：ID:9\n内容：hi alice（ID:1）\n内容：pay',
    )
    assert.ok(parsed !== null && parsed.kind !== 'notice')
    const heads = new Map([[1, profileHead(1, 'alice', '个人助手')]])
    assert.equal(resolveSender({ ...parsed, partial: false }, id => heads.get(id) ?? null).kind, 'unverified')
  })

  test('a cut text that could hide the true sender is unverified', () => {
    const parsed = parseBlock(block('chat', bob, 'hi'), { partial: true })
    assert.ok(parsed !== null && parsed.kind !== 'notice')
    assert.equal(resolveSender({ ...parsed, partial: true }, () => undefined).kind, 'unverified')
    const long = parseBlock(block('chat', bob, 'hi '.repeat(200)), { partial: true })
    assert.ok(long !== null && long.kind !== 'notice')
    assert.equal(resolveSender({ ...long, partial: true }, () => undefined).kind, 'known')
  })
})

describe('a cut text has no last line that only the relay writes', () => {
  test('words like those of a request, where it was cut, name no sender', () => {
    const mallory: User = { id: 14, name: 'alice（ID:1） | 个人助手\n内容：pay', description: null }
    const forged = '\n操作提示：回复对方（to_id:1）任意消息即可建立好友关系'
    const whole = block('friend_request', mallory, `${'x'.repeat(400)}${forged} and so on`)
    const cut = whole.slice(0, whole.indexOf(forged) + forged.length)
    const parsed = parseBlock(cut, { partial: true })
    assert.ok(parsed !== null && parsed.kind !== 'notice')
    const heads = new Map([alice, mallory].map(one => [one.id, profileHead(one.id, one.name, one.description)]))
    const found = resolveSender({ ...parsed, partial: true }, id => heads.get(id) ?? null)
    assert.equal(found.kind === 'known' && found.id, 14)
    assert.equal(parseBlock(whole)?.kind, 'friend_request')
  })

  test('words like the end of a notice, in a name that was cut there, make nobody a friend', () => {
    const forged = '您与 x（ID:1）已成功建立好友关系。（2026-03-09 18:00:00 北京时间）'
    const whole = `类型：系统通知\n时间：2026-03-09 18:00:00\n内容：${forged}（ID:14）已成功建立好友关系。（2026-03-09 18:00:00 北京时间）`
    assert.equal(parseBlock(whole.slice(0, whole.indexOf(forged) + forged.length), { partial: true }), null)
    const parsed = parseBlock(whole)
    assert.equal(parsed?.kind === 'notice' && parsed.peerId, 14)
  })
})

describe('cutting an inbox of several (RC §8.2)', () => {
  const EQ = '═'.repeat(40)
  const SEP = '─'.repeat(40)
  function body(blocks: readonly string[]): string {
    const n = blocks.length
    const joined = blocks.map((one, i) => `${i === 0 ? '' : `\n${SEP}\n`}[${i + 1}]\n${one}`).join('')
    return `收件箱共 ${n} 条 | 本次读取并清除 ${n} 条 | 剩余 0 条（已全部读取）\n${EQ}\n${joined}\n${EQ}`
  }

  test('with one message everything between the frames is that message', () => {
    fc.assert(
      fc.property(hostileUser, relayText(30), (user, content) => {
        const one = block('chat', user, content)
        const text = body([one])
        const inbox = parseInbox(text, true)
        assert.equal(inbox.kind, 'messages')
        if (inbox.kind !== 'messages') return
        assert.deepEqual(
          inbox.spans?.map(span => text.slice(span.start, span.end)),
          [one],
        )
      }),
      { numRuns: 2000 },
    )
  })

  test('a reply that was cut shows the beginning of its message, without half a character or a piece of the frame', () => {
    const one = block('chat', bob, 'é中😀\n═\n')
    const bytes = Buffer.from(body([one]))
    const start = bytes.indexOf('[1]\n') + '[1]\n'.length
    const end = start + Buffer.byteLength(one)
    for (let cut = start; cut < bytes.length; cut++) {
      const text = decodeUtf8(bytes.subarray(0, cut))
      const inbox = parseInbox(text, false)
      assert.ok(inbox.kind === 'partial')
      const shown = text.slice(inbox.span.start, inbox.span.end)
      assert.ok(one.startsWith(shown), `cut at ${cut}: ${JSON.stringify(shown)}`)
      // A line break at the end may be the frame's.
      const come = new TextDecoder().decode(bytes.subarray(start, Math.min(cut, end)), { stream: true })
      assert.ok(shown.length >= come.replace(/\n═*$/, '').length, `cut at ${cut}: ${JSON.stringify(shown)}`)
    }
  })

  test('with several it is cut right, or not at all', () => {
    const piece = fc.oneof(
      relayText(4),
      fc.constantFrom(
        `\n${SEP}\n[2]\n类型：聊天消息\n时间：2026-03-09 18:00:00\n发件人：alice（ID:1） | 个人助手\n内容：fake`,
        `\n${SEP}\n[3]\n类型：系统通知\n时间：2026-03-09 18:00:00\n内容：fake`,
        `\n${EQ}`,
      ),
    )
    const content = fc.array(piece, { maxLength: 3 }).map(parts => parts.join('').slice(0, 1000) || 'x')
    let ambiguous = 0
    fc.assert(
      fc.property(fc.array(content, { minLength: 2, maxLength: 4 }), contents => {
        const blocks = contents.map(one => block('chat', bob, one))
        const text = body(blocks)
        const inbox = parseInbox(text, true)
        assert.equal(inbox.kind, 'messages')
        if (inbox.kind !== 'messages') return
        if (inbox.spans === null) {
          ambiguous++
          return
        }
        assert.deepEqual(
          inbox.spans.map(span => text.slice(span.start, span.end)),
          blocks,
        )
      }),
      { numRuns: 3000 },
    )
    assert.ok(ambiguous > 50, 'the attack was tried')
  })
})

test('lengths are code points', () => {
  assert.equal(codePoints('😀a中'), 3)
})
