import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { arrive, bytesOf, decrypt, keyOf, type Media, PICTURE, partOf, type Wire } from './arrivals.ts'
import { msgsIn, poll } from './client.ts'
import { assertNoViolations, startBound } from './test-simulator.ts'

const timeout = 20_000

test('ids are bare numbers that no JavaScript number can hold', { timeout }, async t => {
  const test = await startBound(t)
  test.phone.write({ kind: 'text', text: 'x' })
  const { text } = await poll(test.who)
  for (const name of ['message_id', 'msg_id']) {
    const digits = new RegExp(`"${name}":(\\d+)`).exec(text)?.[1] ?? ''
    assert.notEqual(String(Number(digits)), digits)
    assert.ok(BigInt(digits) > 2n ** 53n)
  }
})

test('a message says from whom and to whom, with a token of its own', { timeout }, async t => {
  const test = await startBound(t)
  const one = await arrive(test, { kind: 'text', text: 'one' })
  const two = await arrive(test, { kind: 'text', text: 'two' })
  assert.match(one.from_user_id, /^[a-z]*[A-Z]\w*@im\.wechat$|^\w*[A-Z]\w*@im\.wechat$/)
  assert.equal(one.to_user_id, test.bot.id)
  assert.equal(one.message_type, 1)
  assert.equal(one.context_token.length, 136)
  assert.notEqual(one.context_token, two.context_token)
  assert.notEqual(one.message_id, two.message_id)
})

test('several texts are several items of one message', { timeout }, async t => {
  const test = await startBound(t)
  const { item_list } = await arrive(test, { kind: 'text', text: ['one', 'two'] })
  assert.deepEqual(
    item_list.map(({ type, text_item }) => [type, text_item]),
    [
      [1, { text: 'one' }],
      [1, { text: 'two' }],
    ],
  )
})

test('an image has its right key at the top, in hex, and a wrong one in its media', { timeout }, async t => {
  const test = await startBound(t)
  const message = await arrive(test, { kind: 'image', bytes: PICTURE })
  const image = partOf<{ media: Media; aeskey: string; mid_size: number }>(message, 'image_item')
  const bytes = await bytesOf(test, image.media)
  assert.deepEqual(decrypt(bytes, Buffer.from(image.aeskey, 'hex')), PICTURE)
  assert.throws(() => decrypt(bytes, keyOf(image.media)))
  assert.equal(image.mid_size, bytes.length)
  assertNoViolations(test)
})

test('an image without a key is plain bytes', { timeout }, async t => {
  const test = await startBound(t)
  const message = await arrive(test, { kind: 'image', bytes: PICTURE, key: 'none' })
  const image = partOf<{ media: Media; aeskey?: string }>(message, 'image_item')
  assert.equal(image.aeskey ?? image.media.aes_key, undefined)
  assert.deepEqual(await bytesOf(test, image.media), PICTURE)
})

for (const key of ['A', 'B', 'hex'] as const) {
  test(`a file with its key in the form ${key}`, { timeout }, async t => {
    const test = await startBound(t)
    const plain = Buffer.from('a file, and not a short one')
    const message = await arrive(test, { kind: 'file', bytes: plain, name: 'ä 报告.txt', key })
    const file = partOf<{ media: Media; file_name: string; len: string; md5: string }>(message, 'file_item')
    assert.equal(file.file_name, 'ä 报告.txt')
    assert.equal(file.len, String(plain.length))
    assert.equal(file.md5, createHash('md5').update(plain).digest('hex'))
    const given = file.media.aes_key ?? ''
    assert.equal(given.length, { A: 24, B: 44, hex: 32 }[key])
    const bytes = key === 'hex' ? Buffer.from(given, 'hex') : keyOf(file.media)
    assert.deepEqual(decrypt(await bytesOf(test, file.media), bytes), plain)
  })
}

test('a file whose key does not fit the stored blob', { timeout }, async t => {
  const test = await startBound(t)
  const message = await arrive(test, { kind: 'file', bytes: PICTURE, name: 'x.bin', key: 'wrong' })
  const file = partOf<{ media: Media }>(message, 'file_item')
  const bytes = await bytesOf(test, file.media)
  assert.throws(() => decrypt(bytes, keyOf(file.media)))
})

test('media may have the full URL only, or the parameter only', { timeout }, async t => {
  const test = await startBound(t)
  for (const link of ['full', 'param'] as const) {
    const message = await arrive(test, { kind: 'file', bytes: PICTURE, name: 'x', link })
    const { media } = partOf<{ media: Media }>(message, 'file_item')
    assert.equal(media.full_url === undefined, link === 'param')
    assert.equal(media.encrypt_query_param === undefined, link === 'full')
    assert.deepEqual(decrypt(await bytesOf(test, media), keyOf(media)), PICTURE)
  }
})

test('voice comes with a transcript or without one', { timeout }, async t => {
  const test = await startBound(t)
  const spoken = await arrive(test, { kind: 'voice', bytes: Buffer.from('#!SILK_V3'), text: '你好' })
  const silent = await arrive(test, { kind: 'voice', bytes: Buffer.from('#!SILK_V3') })
  const [first, second] = [spoken, silent].map(message =>
    partOf<{ text?: string; encode_type: number; media: Media }>(message, 'voice_item'),
  )
  assert.equal(first?.text, '你好')
  assert.ok(second !== undefined && !('text' in second))
  assert.equal(spoken.item_list[0]?.type, 3)
  assert.deepEqual(decrypt(await bytesOf(test, second.media), keyOf(second.media)), Buffer.from('#!SILK_V3'))
})

test('a video has a thumbnail of its own', { timeout }, async t => {
  const test = await startBound(t)
  const bytes = Buffer.from('00000018667479706d703432', 'hex')
  const message = await arrive(test, { kind: 'video', bytes, thumb: PICTURE })
  const video = partOf<{ media: Media; thumb_media: Media; video_size: number }>(message, 'video_item')
  assert.equal(message.item_list[0]?.type, 5)
  assert.equal(video.video_size, 16)
  assert.deepEqual(decrypt(await bytesOf(test, video.media), keyOf(video.media)), bytes)
  assert.deepEqual(decrypt(await bytesOf(test, video.thumb_media), keyOf(video.thumb_media)), PICTURE)
})

test('each picture of an album is a message of its own, and they leave together', { timeout }, async t => {
  const test = await startBound(t)
  const written = test.phone.writeAlbum([1, 2, 3].map(() => ({ kind: 'image', bytes: PICTURE }) as const))
  const msgs = msgsIn<Wire>(await poll(test.who))
  assert.deepEqual(
    msgs.map(({ message_id }) => String(message_id)),
    written.map(({ messageId }) => messageId),
  )
  assert.deepEqual(
    msgs.map(({ item_list }) => item_list.map(({ type }) => type)),
    [[2], [2], [2]],
  )
})

test('several media can stand in one message', { timeout }, async t => {
  const test = await startBound(t)
  const image = { kind: 'image', bytes: PICTURE } as const
  const { item_list } = await arrive(test, {
    kind: 'several',
    contents: [image, { kind: 'file', bytes: PICTURE, name: 'x' }],
  })
  assert.deepEqual(
    item_list.map(({ type }) => type),
    [2, 4],
  )
})

test('the bot can hear itself: an echo of message_type 2', { timeout }, async t => {
  const test = await startBound(t)
  const echo = await arrive(test, { kind: 'echo', text: 'my own words' })
  assert.equal(echo.message_type, 2)
  assert.equal(echo.from_user_id, test.bot.id)
  assert.equal(test.phone.transcript().bubbles.length, 0)
})

test('an item of a type that nobody knows', { timeout }, async t => {
  const test = await startBound(t)
  const { item_list } = await arrive(test, { kind: 'unknown', type: 77 })
  assert.equal(item_list[0]?.type, 77)
})

test('a message with a group_id, and one from another user', { timeout }, async t => {
  const test = await startBound(t)
  test.phone.write({ kind: 'text', text: 'all' }, { groupId: '123@chatroom', from: 'Some_One@im.wechat' })
  const [message] = msgsIn<Wire>(await poll(test.who))
  assert.equal(message?.group_id, '123@chatroom')
  assert.equal(message?.from_user_id, 'Some_One@im.wechat')
})
