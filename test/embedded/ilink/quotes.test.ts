import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { arrive, bytesOf, decrypt, type Media, PICTURE, partOf } from './arrivals.ts'
import { poll, send } from './client.ts'
import { type BoundSimulator, startBound } from './test-simulator.ts'

const timeout = 20_000

interface Quote {
  readonly title?: string
  readonly svr_id?: bigint
  readonly message_item?: { readonly msg_id: bigint; readonly text_item?: { readonly text: string } }
  readonly partial_text?: Record<'start' | 'end' | 'quotemd5', string> & Record<'startindex' | 'endindex', number>
}

/** What the bot said, and how the phone quotes it. */
async function quoted(test: BoundSimulator, text: string, how: object): Promise<{ id: bigint; ref: Quote }> {
  const { contextToken } = test.phone.write({ kind: 'text', text: 'question' })
  await poll(test.who)
  const { json } = await send(test.who, { to: test.user, token: contextToken, text })
  const id = BigInt(String(json['message_id']))
  const message = await arrive(test, { kind: 'quote', text: 'what?', of: String(id), ...how })
  assert.deepEqual(partOf(message, 'text_item'), { text: 'what?' })
  return { id, ref: partOf<Quote>(message, 'ref_msg') }
}

test('a quote of an old phone carries the text', { timeout }, async t => {
  const test = await startBound(t)
  const { ref } = await quoted(test, 'the answer', { form: 'text' })
  assert.equal(ref.title, 'the answer')
  assert.deepEqual(ref.message_item?.text_item, { text: 'the answer' })
  assert.equal(ref.svr_id, undefined)
})

test('a quote of a new phone carries the id that sendmessage answered, and nothing else', { timeout }, async t => {
  const test = await startBound(t)
  const bySvr = await quoted(test, 'the answer', {})
  assert.deepEqual(bySvr.ref, { svr_id: bySvr.id })
  const byItem = await quoted(test, 'another answer', { form: 'msg_id' })
  assert.deepEqual(byItem.ref, { message_item: { msg_id: byItem.id } })
})

const WHOLE = 'red blue red green red blue end'

/** As the contract says: the n-th `start`, the n-th `end`, and the MD5 decides. */
function readPartial(text: string, { start, end, startindex, endindex, quotemd5 }: NonNullable<Quote['partial_text']>) {
  const nth = (marker: string, index: number, from: number) => {
    let at = text.indexOf(marker, from)
    for (let i = 0; i < index && at >= 0; i++) at = text.indexOf(marker, at + 1)
    return at
  }
  const from = nth(start, startindex, 0)
  const ends = [nth(end, endindex, 0), nth(end, endindex, from + start.length)]
  return ends
    .map(at => text.slice(from, at + end.length))
    .filter(part => createHash('md5').update(part).digest('hex') === quotemd5)
}

for (const endCounted of ['whole text', 'after start'] as const) {
  test(`a partial quote can be found again, its end counted from: ${endCounted}`, { timeout }, async t => {
    const test = await startBound(t)
    for (const part of ['red blue', 'green red blue', WHOLE, 'end', '文字', 'r']) {
      const whole = `${WHOLE} 文字文字`
      const { ref, id } = await quoted(test, whole, { form: 'partial', part, endCounted })
      assert.equal(ref.svr_id, id)
      assert.ok(ref.partial_text !== undefined && readPartial(whole, ref.partial_text).includes(part), part)
    }
  })
}

test('what the phone itself wrote can be quoted too, a picture as well', { timeout }, async t => {
  const test = await startBound(t)
  const { messageId } = test.phone.write({ kind: 'image', bytes: PICTURE })
  await poll(test.who)
  const message = await arrive(test, { kind: 'quote', text: 'this one', of: messageId, form: 'text' })
  type Picture = { message_item: { image_item: { media: Media; aeskey: string } } }
  const { media, aeskey } = partOf<Picture>(message, 'ref_msg').message_item.image_item
  assert.deepEqual(decrypt(await bytesOf(test, media), Buffer.from(aeskey, 'hex')), PICTURE)
})
