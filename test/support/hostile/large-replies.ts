import assert from 'node:assert/strict'
import { parseInbox } from '../../../scripts/protocol/relay/inbox.ts'
import { parseFriends, walkList } from '../../../scripts/protocol/relay/lists.ts'
import { BOB, chat, friends, inboxBody, type TestUser } from '../blocks.ts'
import { profileHead } from '../profiles.ts'

/** A program: reads replies for which a time that grows with the square of their size would be minutes each. */

function manyCuts(): void {
  const block = chat(BOB, '')
  const cut = (n: number) => `\n${'─'.repeat(40)}\n[${n}]\n${block}`
  const body = inboxBody([`${block}${cut(2).repeat(100_000)}${cut(3).repeat(100_000)}`, block, block])
  assert.deepEqual(parseInbox(body, true), { kind: 'messages', count: 3, remaining: 0, spans: null })
}

function manyMessages(): void {
  const blocks = Array.from({ length: 100_000 }, (_, i) => chat(BOB, String(i)))
  const text = inboxBody(blocks)
  const parsed = parseInbox(text, true)
  assert.ok(parsed.kind === 'messages' && parsed.spans !== null)
  assert.deepEqual(
    parsed.spans.map(({ start, end }) => text.slice(start, end)),
    blocks,
  )
}

function manyFriends(): void {
  const users = Array.from({ length: 5000 }, (_, i): TestUser => ({ id: i + 1, name: `friend ${i}`, description: 'd' }))
  const reply = parseFriends(friends(users))
  assert.ok(reply.kind === 'list')
  const heads = new Map(users.map(user => [user.id, profileHead(user.id, user.name, user.description)]))
  assert.deepEqual(walkList(reply, heads, 'friends'), [...heads.keys()])
}

manyCuts()
manyMessages()
manyFriends()
