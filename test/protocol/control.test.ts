import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  AppError,
  ConfigError,
  OutcomeUnknownError,
  RefusedError,
  StorageError,
  ThrottledError,
  UnauthorizedError,
  UnreachableError,
  UsageError,
} from '../../scripts/core/errors.ts'
import {
  encodeLine,
  fromWire,
  parseReply,
  parseRequest,
  toWire,
  type WireError,
} from '../../scripts/protocol/control.ts'
import { hostileText } from '../support/arbitraries.ts'

describe('a line of the control socket', () => {
  test('is one line, whatever is in it, and comes out as it went in', () => {
    fc.assert(
      fc.property(hostileText(), hostileText(), fc.jsonValue(), (token, action, params) => {
        const line = encodeLine({ token, action, params })
        assert.equal(line.indexOf('\n'), line.length - 1)
        assert.deepEqual(parseRequest(line), JSON.parse(line))
      }),
      { numRuns: 200 },
    )
  })

  test('that is no request is none: no JSON is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), hostileText()), text => {
        const request = parseRequest(text)
        if (request !== null) assert.ok(typeof request.token === 'string' && typeof request.action === 'string')
      }),
      { numRuns: 300 },
    )
    for (const text of ['', '{}', '[]', 'null', '1', '{"token":"t"}', '{"token":1,"action":"a"}']) {
      assert.equal(parseRequest(text), null, text)
      assert.equal(parseReply(text), null, text)
    }
  })

  test('of an answer is told by what it holds', () => {
    for (const reply of [
      { progress: { done: 1, total: 2 } },
      { result: null },
      { error: toWire(new UsageError('x')) },
    ]) {
      assert.deepEqual(parseReply(encodeLine(reply)), reply)
    }
  })
})

describe('an error on its way to a command', () => {
  const text = { en: 'what', zh: '什么' }
  const nextStep = { en: 'next', zh: '下一步' }
  const ALL: readonly AppError[] = [
    new RefusedError(text, { status: 409, nextStep }),
    new UnreachableError(text, { reason: 'ECONNRESET', nextStep }),
    new ThrottledError(text, { nextStep }),
    new UnauthorizedError(text, { nextStep }),
    new OutcomeUnknownError(text, { nextStep }),
    new ConfigError(text, { nextStep }),
    new UsageError(text, { nextStep }),
    new StorageError(text, { nextStep }),
  ]
  for (const error of ALL) {
    test(`keeps its kind and both languages: ${error.name}`, () => {
      const arrived = fromWire(JSON.parse(JSON.stringify(toWire(error))) as WireError)
      assert.equal(arrived.constructor, error.constructor)
      assert.deepEqual([arrived.text, arrived.nextStep, arrived.message], [text, nextStep, 'what'])
      if (error instanceof RefusedError) assert.equal((arrived as RefusedError).status, 409)
      if (error instanceof UnreachableError) assert.equal((arrived as UnreachableError).reason, 'ECONNRESET')
    })
  }

  test('without a next step has none there either', () => {
    assert.equal(fromWire(toWire(new ConfigError('x'))).nextStep, undefined)
  })

  test('that nobody foresaw takes none of its words along', () => {
    for (const thrown of [
      new Error('secret'),
      new TypeError('secret'),
      'secret',
      null,
      undefined,
      { message: 'secret' },
    ]) {
      const wire = toWire(thrown)
      assert.doesNotMatch(JSON.stringify(wire), /secret/)
      assert.ok(fromWire(wire) instanceof StorageError)
    }
  })

  test('of a kind that this version does not know is still an error', () => {
    assert.ok(fromWire({ name: 'LaterError', text }) instanceof AppError)
  })
})
