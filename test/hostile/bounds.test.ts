import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { HttpReply } from '../../scripts/adapters/http.ts'
import { readInboxReply } from '../../scripts/adapters/relay/read-inbox.ts'
import type { Known } from '../../scripts/adapters/relay/understand.ts'
import { createGrowingBytes } from '../../scripts/protocol/growing-bytes.ts'
import { parseFriends } from '../../scripts/protocol/relay/lists.ts'
import { parseProfile } from '../../scripts/protocol/relay/profile.ts'
import { retryAfterMs } from '../../scripts/protocol/retry-after.ts'
import { createSseGuard, restoreData } from '../../scripts/protocol/sse-guard.ts'
import { escapeText, unescapeText } from '../../scripts/protocol/visible-escape.ts'
import { BOB, chat, inboxBody, profile } from '../support/blocks.ts'
import { type Child, start } from '../support/child.ts'
import { waitFor } from '../support/wait-for.ts'

/** What a relay can make us do with a few bytes of its own. Bounds are far above what is needed, and far below what was. */

function run(program: string, { heapMb, args = [] }: { heapMb: number; args?: readonly string[] }): Child {
  const path = join(import.meta.dirname, '..', 'support', 'hostile', program)
  return start(process.execPath, [`--max-old-space-size=${heapMb}`, path, ...args])
}

test('bytes that grow together are what was added, in one piece, and then anew', () => {
  const bytes = createGrowingBytes()
  const parts = Array.from({ length: 300 }, (_, i) => Buffer.alloc((i * 37) % 101, i))
  for (const part of parts) bytes.add(part)
  assert.equal(bytes.length, Buffer.concat(parts).length)
  assert.deepEqual(Buffer.from(bytes.take()), Buffer.concat(parts))
  assert.equal(bytes.length, 0)
  bytes.add(Buffer.from('next'))
  assert.equal(Buffer.from(bytes.take()).toString(), 'next')
})

describe('a text made to be expensive takes no more than 48 MB of heap', () => {
  const works = {
    oneByteChunks: 'an event that comes in chunks of one byte',
    nothingToSpell: 'an event of CR and DLE alone',
    nothingToShow: 'a text of control characters alone, on its way into a file',
  }
  for (const [work, name] of Object.entries(works)) {
    test(name, async () => {
      const child = run('hungry-texts.ts', { heapMb: 48, args: [work] })
      assert.equal(await child.ended, 0, child.stderr())
    })
  }
})

describe('a long text', () => {
  test('is escaped like a short one, wherever it is cut into pieces', () => {
    const pieces = ['a', '\r', '\\', '😀', '\ud83d', '😀', '\ud83d', '\u202e', '\ude00', '\u{e0041}', '中']
    for (let shift = 0; shift < pieces.length; shift++) {
      const long = `${'a'.repeat(shift)}${pieces.join('').repeat(4000)}`
      assert.equal(escapeText(long), [...long].map(escapeText).join(''), `shifted by ${shift}`)
      assert.equal(unescapeText(escapeText(long)), long)
    }
  })

  test('comes back from the guard as it was, wherever it is cut into pieces', () => {
    for (let shift = 0; shift < 7; shift++) {
      const text = `${'a'.repeat(shift)}${'\x10\r1\x101\x10'.repeat(6000)}`
      const data = Buffer.from(createSseGuard().feed(Buffer.from(`data: ${text}\n\n`))).toString()
      assert.deepEqual(restoreData(data.slice('event: message\ndata: '.length, -2)), { payload: text, cut: null })
    }
  })
})

describe('an inbox reply', () => {
  const known: Known = { profileOf: () => undefined, relationshipWith: () => null }
  const httpReply = (text: string, complete = true): HttpReply => ({
    status: 200,
    contentType: 'text/plain; charset=utf-8',
    retryAfter: null,
    body: Buffer.from(text),
    complete,
  })
  const more = (text: string, complete: boolean): boolean | string => {
    const outcome = readInboxReply(httpReply(text, complete), known)
    return outcome.kind === 'messages' ? outcome.more : outcome.kind
  }

  test('asks for another read only when the relay says that something is left', () => {
    assert.equal(more(inboxBody([chat(BOB, 'a')], 3), true), true)
    assert.equal(more(inboxBody([chat(BOB, 'a')], 0), true), false)
    const cut = (remaining: number) => inboxBody([chat(BOB, 'a')], remaining).slice(0, -45)
    assert.equal(more(cut(3), false), true)
    assert.equal(more(cut(0), false), false)
    const two = inboxBody([chat(BOB, 'a'), chat(BOB, 'b')], 2)
    assert.equal(more(two.slice(0, -45), false), true)
    assert.equal(more(two.replace('[2]', '[3]'), true), true)
    assert.equal(more(two.replace('[2]', '[3]').replace('剩余 2', '剩余 0'), true), false)
    // A form that we do not know would be asked for, and stored, ten times a second for ever.
    assert.equal(more('收件箱目前没有消息', true), false)
    assert.equal(more('收件箱共 1 条 | 本次', false), false)
  })

  test('that says "empty" is empty, whatever length was announced', () => {
    assert.equal(more('收件箱为空', false), 'empty')
    assert.equal(more('来自 ID:7 的消息为空', false), 'empty')
  })
})

test('large replies are read, and not for minutes', async () => {
  const child = run('large-replies.ts', { heapMb: 1024 })
  await waitFor('the end of it', () => child.process.exitCode !== null || child.process.signalCode !== null, {
    limitMs: 60_000,
  })
  assert.equal(await child.ended, 0, child.stderr())
})

describe('a friend list', () => {
  test('with more candidates than anybody has friends is not read at all', () => {
    const body = Array.from({ length: 20_000 }, (_, i) => `（ID:${i}）\n    简介：`).join('')
    assert.deepEqual(parseFriends(`共 20000 位好友\n${'═'.repeat(40)}\n${body}\n${'═'.repeat(40)}`), {
      kind: 'unknown',
    })
  })
})

test('a profile far longer than a relay takes at registration is none', () => {
  const user = { id: 7, name: 'n', description: 'd'.repeat(100_000) }
  assert.equal(parseProfile(profile(user), 7), null)
  assert.notEqual(parseProfile(profile({ ...user, description: '😀'.repeat(200), name: '😀'.repeat(100) }), 7), null)
})

test('Retry-After: any number of seconds counts, and nothing that is neither a number nor a date', () => {
  const now = Date.UTC(2026, 2, 9)
  assert.equal(retryAfterMs('2', now), 2000)
  assert.equal(retryAfterMs(' 120 ', now), 120_000)
  assert.ok((retryAfterMs('1000000000000', now) ?? 0) >= 1e15)
  assert.ok((retryAfterMs('9'.repeat(400), now) ?? 0) > 1e15)
  assert.equal(retryAfterMs('Mon, 09 Mar 2026 00:01:00 GMT', now), 60_000)
  assert.equal(retryAfterMs('Sun, 08 Mar 2026 00:00:00 GMT', now), 0)
  for (const text of ['', '-5', '1.5', '5, 10', 'soon', '0x10', '+5'])
    assert.equal(retryAfterMs(text, now), undefined, text)
})
