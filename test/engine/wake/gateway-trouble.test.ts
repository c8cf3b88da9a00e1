import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { answer, networkError } from '../../support/scripted-relay.ts'
import { HOUR, MINUTE, refused, SECOND, startScene, taken, textOf } from './scene.ts'

const gone = () => Promise.reject(networkError('ECONNREFUSED'))

describe('a gateway that does not know the token', () => {
  test('is tried once, and again in a quarter of an hour', async t => {
    const scene = await startScene(t)
    scene.answer = () => refused(401, 'Unauthorized')
    scene.arrives()
    await scene.pass(10 * SECOND)
    scene.arrives()
    await scene.pass(14 * MINUTE)
    assert.deepEqual(scene.times(), [2])
    const status = scene.status()
    assert.deepEqual(
      [status?.['state'], status?.['reason'], status?.['last_http_status'], status?.['pokes_since_read']],
      ['misconfigured', 'http_401', 401, 0],
    )
    assert.equal(status?.['next_poke_utc'], '2026-03-09T10:15:02Z')
    assert.match(JSON.stringify(status?.['advice']), /Set hooks\.token/)
    await scene.pass(2 * MINUTE)
    assert.equal(scene.pokes.length, 2)
    assert.deepEqual(scene.events, ['SINK_STATE {"sink":"wake","state":"misconfigured","reason":"http_401"}'])
  })

  test('is tried at once when the settings change', async t => {
    const scene = await startScene(t)
    scene.answer = () => refused(401)
    scene.arrives()
    await scene.pass(MINUTE)
    scene.answer = taken
    scene.saved(scene.config)
    await scene.pass(SECOND)
    assert.equal(scene.pokes.length, 2)
    assert.equal(scene.status()?.['state'], 'waiting')
    assert.match(scene.events.join('\n'), /"state":"working"/)
  })

  test('is tried once at each of two starts', async t => {
    const scene = await startScene(t)
    scene.answer = () => refused(401)
    scene.arrives()
    await scene.pass(MINUTE)
    await scene.restart()
    await scene.pass(10 * MINUTE)
    assert.equal(scene.pokes.length, 2)
  })
})

describe('a gateway', () => {
  test('that refuses says why to the owner, and not to the log', async t => {
    const scene = await startScene(t)
    scene.answer = () => refused(400, '{"ok":false,"error":"sessionKey requires mode=now \\u202e<|im_start|>"}')
    scene.arrives()
    await scene.pass(MINUTE)
    const said = String(scene.status()?.['gateway_said'])
    assert.match(said, /^sessionKey requires mode=now/)
    assert.doesNotMatch(said, /\u202e|<\|/)
    assert.doesNotMatch(scene.logs.join('\n') + scene.events.join('\n'), /requires mode/)
    await scene.pass(10 * MINUTE)
    assert.equal(scene.pokes.length, 1)
  })

  test('that is down is tried later and later, and hears of it when it is back', async t => {
    const scene = await startScene(t)
    scene.answer = gone
    scene.arrives()
    await scene.pass(MINUTE)
    assert.equal(scene.status()?.['state'], 'unreachable')
    const early = scene.pokes.length
    assert.ok(early >= 4 && early <= 6, `${early} tries in a minute`)
    await scene.pass(HOUR)
    assert.ok(scene.pokes.length - early <= 20, 'at most every four minutes')
    scene.answer = taken
    await scene.pass(6 * MINUTE)
    const status = scene.status()
    assert.deepEqual(
      [status?.['state'], status?.['pokes_since_read'], status?.['last_outcome']],
      ['waiting', 1, 'taken'],
    )
    assert.match(scene.events.join('\n'), /"unreachable","reason":"ECONNREFUSED"\}\n.*"working"/)
    assert.equal(scene.logs.filter(line => line.includes('"warn"')).length, 1, 'said once')
  })

  test('that is down is left alone when the agent has read meanwhile', async t => {
    const scene = await startScene(t)
    scene.answer = gone
    scene.arrives()
    await scene.pass(10 * SECOND)
    const before = scene.pokes.length
    scene.reads()
    await scene.pass(HOUR)
    assert.equal(scene.pokes.length, before)
  })

  test('that asks for time gets it', async t => {
    const scene = await startScene(t)
    scene.answer = () => refused(503, 'starting', { 'retry-after': '90' })
    scene.arrives()
    await scene.pass(3 * SECOND)
    scene.answer = taken
    await scene.pass(3 * MINUTE)
    assert.deepEqual(scene.times(), [2, 92])
  })

  test('that reloads its settings is asked again after a second', async t => {
    const scene = await startScene(t)
    const answers = [() => refused(409), taken]
    scene.answer = () => (answers.shift() ?? taken)()
    scene.arrives()
    await scene.pass(MINUTE)
    assert.deepEqual(scene.times(), [2, 3])
  })

  test('that locks us out is left alone for as long as it says', async t => {
    const scene = await startScene(t)
    scene.answer = () => refused(429, 'Too Many Requests', { 'retry-after': '300' })
    scene.arrives()
    await scene.pass(4 * MINUTE)
    assert.equal(scene.pokes.length, 1)
    assert.equal(scene.status()?.['state'], 'throttled')
    await scene.pass(2 * MINUTE)
    assert.equal(scene.pokes.length, 2)
  })

  test('that answers 200 and lets the agent do nothing is asked again on schedule', async t => {
    const scene = await startScene(t)
    scene.arrives()
    await scene.pass(2 * HOUR)
    assert.deepEqual(
      scene.times().map(at => Math.round(at / 60)),
      [0, 10, 70],
    )
  })

  test('whose mapping makes nothing of it is asked again on schedule too', async t => {
    const scene = await startScene(t, { mode: 'mapping', mapping: 'm' })
    scene.answer = () => answer('', { status: 204 })
    scene.arrives()
    await scene.pass(2 * HOUR)
    assert.equal(scene.pokes.length, 3)
    assert.equal(scene.status()?.['last_outcome'], 'http_204')
  })

  test('that may have taken it gets the same once more, with the same key', async t => {
    const scene = await startScene(t, { mode: 'agent' })
    const answers = [() => Promise.reject(networkError('UND_ERR_SOCKET')), taken]
    scene.answer = () => (answers.shift() ?? taken)()
    scene.arrives()
    await scene.pass(3 * SECOND)
    scene.arrives()
    await scene.pass(30 * SECOND)
    const [first, second] = scene.pokes
    assert.equal(first?.headers['Idempotency-Key'], second?.headers['Idempotency-Key'])
    assert.equal(first?.body, second?.body)
  })

  test('that took nothing gets another one, which counts what came since', async t => {
    const scene = await startScene(t, { mode: 'agent' })
    const answers = [gone, taken]
    scene.answer = () => (answers.shift() ?? taken)()
    scene.arrives()
    await scene.pass(3 * SECOND)
    scene.arrives()
    await scene.pass(30 * SECOND)
    const [first, second] = scene.pokes
    assert.notEqual(first?.headers['Idempotency-Key'], second?.headers['Idempotency-Key'])
    assert.match(textOf(second), /2 unread messages/)
  })

  test('that is slow hears of nothing else meanwhile', async t => {
    const scene = await startScene(t, { mode: 'agent' })
    const slow = Promise.withResolvers<ReturnType<typeof taken>>()
    scene.answer = () => slow.promise
    scene.arrives()
    await scene.pass(5 * SECOND)
    scene.arrives()
    await scene.pass(10 * SECOND)
    assert.equal(scene.pokes.length, 1)
    scene.answer = taken
    slow.resolve(taken())
    await scene.pass(2 * MINUTE)
    assert.equal(scene.pokes.length, 2, 'for what came meanwhile')
  })

  test('does not hold up the end', async t => {
    const scene = await startScene(t)
    scene.answer = () => new Promise(() => undefined)
    scene.arrives()
    await scene.pass(3 * SECOND)
    await scene.stop()
    await scene.pass(HOUR)
    assert.equal(scene.pokes.length, 1)
    assert.deepEqual(scene.rows(), [])
  })
})

test('each try is a row of the log, with nothing of what was said', async t => {
  const scene = await startScene(t)
  const answers = [gone, () => refused(503, 'secret words'), taken]
  scene.answer = () => (answers.shift() ?? taken)()
  scene.arrives()
  await scene.pass(MINUTE)
  assert.deepEqual(
    scene
      .rows()
      .map(({ name, direction, event, attempt, httpStatus, ok, error, test: byHand }) => [
        name,
        direction,
        event,
        attempt,
        httpStatus,
        ok,
        error,
        byHand,
      ]),
    [
      ['wake', 'out', 'new_messages', 1, null, false, 'ECONNREFUSED', false],
      ['wake', 'out', 'new_messages', 2, 503, false, 'http_503', false],
      ['wake', 'out', 'new_messages', 3, 200, true, null, false],
    ],
  )
  assert.equal(scene.rows()[2]?.bytes, scene.pokes[2]?.body.length)
  const everything = JSON.stringify([scene.rows(), scene.logs, scene.events, scene.status()])
  assert.doesNotMatch(everything, /secret words|example-hook-token/)
})
