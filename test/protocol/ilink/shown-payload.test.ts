import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { shownPayload } from '../../../scripts/protocol/ilink/shown-payload.ts'

describe('a payload as it is shown', () => {
  test('has no token, no key, no parameter of a download and no address', () => {
    const message = {
      message_id: 7,
      context_token: 'S1',
      item_list: [
        {
          type: 2,
          image_item: {
            media: { encrypt_query_param: 'S2', aes_key: 'S3', encrypt_type: 1, full_url: 'https://cdn.test/S4' },
            thumb_media: { encrypt_query_param: 'S5', aes_key: 'S6' },
            aeskey: 'S7',
            url: 'S8',
            mid_size: 16,
          },
        },
        { type: 77, new_item: { where: 'http://cdn.test/S9', typing_ticket: { value: 'S10', more: ['S11'] } } },
      ],
      get_updates_buf: 'S12',
    }
    const shown = shownPayload(JSON.stringify(message))
    assert.doesNotMatch(shown, /S\d/)
    const kept = JSON.parse(shown)
    assert.equal(kept.message_id, 7)
    assert.equal(kept.item_list[0].image_item.mid_size, 16)
    assert.equal(kept.item_list[0].image_item.media.encrypt_type, 1)
  })

  test('has the words of people as they wrote them, addresses too', () => {
    const text =
      '{"item_list": [ {"text_item": {"text":"see https://example.com/?token=1"}, "ref_msg": {"title": "http://a.b"}} ]}'
    assert.equal(shownPayload(text), text)
  })

  test('keeps its digits, its blanks and its escapes', () => {
    const text = '{ "message_id" : 18446744073709551615,\n "a":"\\u4f60\\/", "b":[ ] , "c":1.50 }'
    assert.equal(shownPayload(text), text)
  })

  test('is not fooled by a name that is spelled in escapes', () => {
    assert.equal(shownPayload('{"\\u0061eskey":"S1"}'), '{"\\u0061eskey":"[removed]"}')
    assert.equal(shownPayload('{"x":"https:\\/\\/cdn.test\\/S2"}'), '{"x":"[removed]"}')
  })

  test('is not there when it is no JSON', () => {
    assert.equal(shownPayload('{"context_token":"S1'), '[removed] (20 bytes)')
  })

  test('is JSON again, and holds nothing that stood under a secret name', () => {
    const secret = fc.constantFrom('context_token', 'aes_key', 'full_url', 'encrypt_query_param')
    fc.assert(
      fc.property(fc.jsonValue(), secret, fc.jsonValue(), (before, name, value) => {
        const marked = JSON.parse(JSON.stringify(value), (_key, one) => (typeof one === 'string' ? `§${one}` : one))
        const shown = shownPayload(JSON.stringify({ before, [name]: marked }))
        assert.doesNotMatch(JSON.stringify(JSON.parse(shown)[name]), /§/)
      }),
      { numRuns: 200 },
    )
  })

  test('of many lists within each other, or of a million names, costs little', () => {
    assert.equal(shownPayload(`${'['.repeat(50_000)}${']'.repeat(50_000)}`).length, 100_000)
    assert.equal(shownPayload(`{${'"context_token":1,'.repeat(50_000)}"a":1}`).includes(':1,'), false)
  })
})
