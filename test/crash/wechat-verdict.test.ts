import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Bubble, LoggedRequest } from '../../scripts/embedded/ilink/simulator.ts'
import {
  digestOf,
  judgeReceived,
  judgeShown,
  judgeWire,
  piecesOf,
  piecesShown,
  textOfPieces,
} from './wechat-verdict.ts'

const written = new Map(
  Object.entries({ 'w1;': 'A', 'w2;': 'B', 'w3;': 'A', 'w4;': 'B' }).map(([mark, user]) => [mark, { user }]),
)

/** Both files, with these marks in them. */
function files(records: readonly string[], entries = records) {
  return {
    records: () =>
      records.map(mark => ({ at: '', from: null, type: 'chat', flags: {}, content: `${mark}你好` }) as never),
    entries: () => entries.map((mark, i) => ({ seq: i + 1, payload: `{"text":"${mark}你好"}` }) as never),
  }
}

describe('the judge of what was received', () => {
  test('has nothing to say of files that hold everything, whoever came first', () => {
    const verdict = judgeReceived(files(['w2;', 'w1;', 'w3;', 'w4;']), { written, excused: new Set() })
    assert.deepEqual(verdict, { arrived: 4, missing: [], lost: [], twice: [], misordered: [] })
  })

  test('finds what one of the files lacks, unless it is excused', () => {
    const view = files(['w1;', 'w2;', 'w3;'], ['w2;', 'w3;', 'w4;'])
    const { missing, lost } = judgeReceived(view, { written, excused: new Set(['w4;']) })
    assert.deepEqual([missing, lost], [['w1;', 'w4;'], ['w1;']])
  })

  test('finds what stands in one of the files twice', () => {
    const view = files(['w1;', 'w2;', 'w3;', 'w4;'], ['w1;', 'w2;', 'w3;', 'w3;', 'w4;'])
    assert.deepEqual(judgeReceived(view, { written, excused: new Set() }).twice, ['w3;'])
  })

  test('finds what stands before something that its author wrote earlier', () => {
    const view = files(['w1;', 'w2;', 'w3;', 'w4;'], ['w3;', 'w2;', 'w1;', 'w4;'])
    assert.deepEqual(judgeReceived(view, { written, excused: new Set() }).misordered, ['w1; after w3;'])
  })
})

describe('the judge of what a phone shows', () => {
  test('finds what is lost, what is there twice, and what is out of order', () => {
    assert.deepEqual(judgeShown(['a', 'b'], ['a', 'b']), { lost: [], twice: [], misordered: [] })
    assert.deepEqual(judgeShown(['a'], ['a', 'b']), { lost: ['b'], twice: [], misordered: ['undefined instead of b'] })
    assert.deepEqual(judgeShown(['a', 'b', 'b'], ['a', 'b']).twice, ['b'])
    assert.deepEqual(judgeShown(['a', 'b', 'x'], ['a', 'b']).misordered, ['x instead of undefined'])
    assert.deepEqual(judgeShown(['b', 'a'], ['a', 'b']).misordered, ['b instead of a'])
  })

  test('reads a text in parts, the rest of it in a file, and files by what they hold', () => {
    const text = textOfPieces('s7', 3)
    const bubble = (fields: object) => ({ text: '', media: null, ...fields }) as Bubble
    const rest = bubble({ media: { fileName: 'message.txt', sha256: 'of the rest' } })
    const photo = bubble({ media: { fileName: 'photo.png', sha256: digestOf(Buffer.from('photo')) } })
    const [first = '', second = '', third = ''] = text.split('\n')
    const open = (one: Bubble) => (one === rest ? Buffer.from(third) : Buffer.from('photo'))
    const shown = piecesShown([bubble({ text: first }), bubble({ text: second }), rest, photo], open)
    assert.deepEqual(shown, [...piecesOf(text), digestOf(Buffer.from('photo'))])
  })
})

describe('the judge of requests', () => {
  const request = (id: string, text: string, answer = '{"ret":0}') =>
    ({
      body: JSON.stringify({ msg: { client_id: id, to_user_id: 'A', item_list: [text] } }),
      outcome: { status: 200, body: answer },
    }) as LoggedRequest

  test('counts what was repeated byte for byte, and what was renewed after a refusal', () => {
    const refused = request('1', 'hello', '{"ret":-2}')
    const verdict = judgeWire([refused, refused, request('2', 'hello'), request('2', 'hello')])
    assert.deepEqual(verdict, {
      requests: 4,
      repeated: 2,
      changed: [],
      renamed: [],
      renewed: 1,
      abandoned: ['1'],
    })
  })

  test('finds an id with two bodies, and a text under two ids', () => {
    assert.deepEqual(judgeWire([request('1', 'hello'), request('1', 'hello you')]).changed, ['1'])
    assert.deepEqual(judgeWire([request('1', 'hello'), request('2', 'hello')]).renamed, ['2 after 1'])
  })
})
