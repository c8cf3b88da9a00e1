import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { encrypted, type File, mediaOf, place, send } from './client.ts'
import { assertNoViolations, type BoundSimulator, rulesBroken, startBound } from './test-simulator.ts'

const timeout = 20_000

const SMALL = Buffer.from('a small file, and no more')

/** Sends the item after the user has written. */
async function show(test: BoundSimulator, item: object) {
  const { contextToken: token } = test.phone.write({ kind: 'text', text: 'show me' })
  const { json } = await send(test.who, { to: test.user, token, item })
  assert.equal(json['ret'], 0)
  return test.phone.transcript().bubbles.at(-1) ?? assert.fail()
}

test('what was uploaded and sent is seen on the phone, decrypted', { timeout }, async t => {
  const test = await startBound(t)
  const sha256 = createHash('sha256').update(SMALL).digest('hex')
  const sizes = (file: File) => ({ mid_size: file.cipher.length, video_size: file.cipher.length })
  for (const [kind, item, enumOfUpload] of [
    ['image', 2, 1],
    ['video', 5, 2],
    ['file', 4, 3],
  ] as const) {
    const file = encrypted(SMALL)
    const media = await place(test.who, file, { to: test.user, type: enumOfUpload })
    const body = kind === 'file' ? { media, file_name: '报告.txt', len: `${SMALL.length}` } : { media, ...sizes(file) }
    const bubble = await show(test, { type: item, [`${kind}_item`]: body })
    assert.deepEqual([bubble.kind, bubble.media?.sha256, bubble.problem], [kind, sha256, null])
    assert.deepEqual(test.phone.open(bubble), SMALL)
  }
  assert.equal(test.phone.transcript().bubbles.at(-1)?.media?.fileName, '报告.txt')
  assertNoViolations(test)
})

test('a voice bubble is accepted and not shown', { timeout }, async t => {
  const test = await startBound(t)
  const media = await place(test.who, encrypted(SMALL), { to: test.user, type: 4 })
  assert.equal((await show(test, { type: 3, voice_item: { media } })).hidden, 'voice bubble')
})

/** A reference that the phone can not read. */
const UNREADABLE: readonly (readonly [rule: string, media: (param: string, file: File) => object, type?: number])[] = [
  ['media-unknown', (_, { key }) => mediaOf('made up', key)],
  ['media-key-form', (param, { key }) => mediaOf(param, key, 'A')],
  ['media-key', param => mediaOf(param, Buffer.alloc(16))],
  ['media-key', param => ({ encrypt_query_param: param, encrypt_type: 1 })],
  // An image, uploaded with the number that items have for it.
  ['media-type', (param, { key }) => mediaOf(param, key), 2],
]

for (const [rule, mediaBy, type = 1] of UNREADABLE) {
  test(`a reference that can not be read is accepted, empty on the phone, and recorded: ${rule}`, {
    timeout,
  }, async t => {
    const test = await startBound(t)
    const file = encrypted(SMALL)
    const { encrypt_query_param: param } = await place(test.who, file, { to: test.user, type })
    const bubble = await show(test, { type: 2, image_item: { media: mediaBy(param, file), mid_size: 32 } })
    assert.equal(bubble.media, null)
    assert.ok(bubble.problem !== null)
    assert.equal(test.phone.open(bubble), null)
    assert.deepEqual(rulesBroken(test), [rule])
    assert.deepEqual(
      test.phone.transcript().flags.map(({ kind }) => kind),
      ['unreadable'],
    )
  })
}

test('sizes that are not as the contract counts them are recorded', { timeout }, async t => {
  const test = await startBound(t)
  const file = encrypted(SMALL)
  const image = await place(test.who, file, { to: test.user, type: 1 })
  await show(test, { type: 2, image_item: { media: image, mid_size: SMALL.length } })
  const other = await place(test.who, encrypted(SMALL), { to: test.user, type: 3 })
  await show(test, { type: 4, file_item: { media: other, file_name: 'x', len: SMALL.length } })
  await show(test, { type: 4, file_item: { media: other, filename: 'x', len: `${SMALL.length}` } })
  await show(test, { type: 4, file_item: { media: { ...other, encrypt_type: 0 }, file_name: 'x', len: '25' } })
  assert.deepEqual(rulesBroken(test), ['media-size', 'media-size', 'media-size', 'media-encrypt-type'])
})

test('a file that was uploaded for somebody else is not seen', { timeout }, async t => {
  const test = await startBound(t)
  const other = test.phone.write({ kind: 'text', text: 'x' }, { from: 'Some_One@im.wechat', bot: test.bot.id })
  const media = await place(test.who, encrypted(SMALL), { to: other.userId, type: 1 })
  await show(test, { type: 2, image_item: { media, mid_size: 32 } })
  assert.deepEqual(rulesBroken(test), ['media-recipient'])
})
