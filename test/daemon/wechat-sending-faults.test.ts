import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fault } from '../../scripts/embedded/ilink/simulator.ts'
import { NOTES } from '../adapters/ilink/test-files.ts'
import { longText } from '../adapters/ilink/test-sending.ts'
import { deskAt } from '../commands/wechat/desk.ts'
import {
  answered,
  answers,
  assertConnected,
  assertHeard,
  beginTalk,
  fileNamed,
  heard,
  mainBot,
  nameOf,
  OWNER,
  ownerWrites,
  send,
  sends,
  sendToEnd,
} from '../support/wechat-owner.ts'
import { startWechatScene, type WechatScene } from '../support/wechat-scene.ts'

/** What goes wrong on the way out (IL "What users hit" 1, 3, 7, 11): nothing is lost, nothing is shown twice, and what is said is so. */

const timeout = 60_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE

function shownTwice(scene: WechatScene): string[] {
  const texts = answers(scene).map(({ text, media }) => `${text}${media?.fileName ?? ''}`)
  return texts.filter((text, i) => texts.indexOf(text) !== i)
}

/** The same request once more has the same id, and another one never has. */
function assertIds({ controls }: WechatScene): void {
  const bodies = new Map<string, string>()
  for (const { body } of controls.requests('sendmessage')) {
    const { client_id: id } = (JSON.parse(body) as { msg: { client_id: string } }).msg
    assert.equal(bodies.get(id) ?? body, body)
    bodies.set(id, body)
  }
}

const EVERYWHERE: readonly Fault[] = [
  { kind: 'http', status: 524 },
  { kind: 'http', status: 502 },
  { kind: 'http', status: 500 },
  { kind: 'http', status: 429 },
  { kind: 'http', status: 403 },
  { kind: 'html' },
  { kind: 'html', status: 502 },
  { kind: 'invalid json' },
  { kind: 'half' },
  { kind: 'reset' },
  { kind: 'hang' },
  { kind: 'slow', pieces: 3, everyMs: 1000 },
  { kind: 'delay', ms: 3000 },
]

describe('a fault on every route at once', () => {
  for (const fault of EVERYWHERE) {
    test(`(${nameOf(fault)}) delays a text and a file, and nothing more`, { timeout }, async t => {
      const scene = await startWechatScene(t)
      // What went out into a broken connection comes again: otherwise nobody could help it.
      scene.controls.setCursorMode('redeliver', { afterMs: [5000, 30_000, 60_000] })
      await beginTalk(scene)
      // Of an upload a 4xx is an answer, and is looked at elsewhere.
      const isFinal = fault.kind === 'http' && fault.status < 500
      const routes = [
        'updates',
        'config',
        'typing',
        'upload url',
        'send',
        ...(isFinal ? [] : (['upload'] as const)),
      ] as const
      const hits = routes.map(route => scene.controls.fault({ route, fault, times: 2 }))
      const path = fileNamed(scene, 'a.txt', NOTES)
      const sent = [await sendToEnd(scene, longText(2)), await sendToEnd(scene, 'with a file', path)]
      // What the answer was lost of may be there, and is not to be there twice.
      scene.controls.fault({ route: 'send', fault, times: 2, isHandled: true })
      sent.push(await sendToEnd(scene, 'heard, and not answered'))
      scene.controls.fault({ route: 'stop', fault })
      assert.deepEqual(
        sent.map(({ outcome }) => outcome),
        ['accepted', 'accepted', 'accepted'],
      )
      await scene.until('all faults', () => hits.every(hit => hit.hits() > 0), 1000)
      assert.deepEqual(shownTwice(scene), [])
      assert.equal(answers(scene).length, 5)
      assert.deepEqual(answered(scene).slice(2), ['with a file', '', 'heard, and not answered'])
      assert.ok(scene.phone.open(answers(scene)[3] ?? assert.fail())?.equals(NOTES))
      assertIds(scene)
      assert.deepEqual(scene.phone.transcript(OWNER).flags, [])
      await assertHeard(scene, ['hello'])
      await assertConnected(scene)
      await scene.until('the end of typing', () => scene.phone.typingState(OWNER)?.isTyping !== true, 250)
      await scene.end()
      assert.deepEqual(scene.controls.violations(), [])
    })
  }

  test('at the start only costs the notice that we are there', { timeout }, async t => {
    const scene = await startWechatScene(t)
    await beginTalk(scene)
    await scene.end()
    for (const fault of EVERYWHERE) {
      scene.controls.fault({ route: 'start', fault })
      const again = await scene.restart()
      await again.listening()
      await again.end()
    }
    const last = await scene.restart()
    await assertConnected(last)
    await assertHeard(last, ['hello'])
    assert.deepEqual(scene.controls.violations(), [])
  })
})

describe('-2', () => {
  test('that each try makes worse is tried twice, then waits until they write, with all that is behind it', {
    timeout,
  }, async t => {
    const scene = await startWechatScene(t)
    const desk = deskAt(t, scene)
    await beginTalk(scene)
    const throttle = scene.controls.fault({
      route: 'send',
      fault: { kind: 'ret', ret: -2, errmsg: 'rate limited' },
      forMs: MINUTE,
      prolongMs: 10 * MINUTE,
    })
    const [first, second] = await Promise.all([send(scene, 'first'), send(scene, 'second')])
    assert.deepEqual([first.outcome, first.parked, second.outcome], ['queued', 'peer', 'queued'])
    assert.equal(throttle.hits(), 2)
    const gap = scene.controls.requests('sendmessage').map(({ at }) => at)
    assert.ok((gap[1] ?? 0) - (gap[0] ?? 0) >= 5000, 'not at once')
    await scene.pass(30 * MINUTE)
    assert.equal(sends(scene), 2)
    const { stdout } = await desk.type('status main')
    assert.match(stdout, /\n {2}2 to be sent, 1 of them until somebody writes or logs in\n/)
    // A restart is no reason to try it again.
    const again = await scene.restart()
    await again.listening()
    await again.pass(5 * MINUTE)
    assert.equal(sends(again), 2)
    ownerWrites(again, 'still there?')
    await again.until('both', () => answers(again).length === 2)
    assert.deepEqual(answered(again), ['first', 'second'])
    assert.equal(sends(again), 4)
    assertIds(again)
    await again.until('the lines', () => again.lines().length === 4)
    assert.deepEqual(heard(again), ['hello', 'still there?'])
    await assertConnected(again)
    assert.deepEqual(again.controls.violations(), [])
  })

  test('within a long text says how much of it was accepted, and the rest goes on after their message', {
    timeout,
  }, async t => {
    const scene = await startWechatScene(t)
    await beginTalk(scene)
    scene.controls.fault({ route: 'send', fault: { kind: 'ret', ret: -2 }, after: 2, times: 2 })
    const sent = await sendToEnd(scene, longText(4))
    assert.deepEqual([sent.outcome, sent.parked, sent.parts], ['queued', 'peer', { accepted: 2, of: 4 }])
    // The next process knows how far it came, too.
    const again = await scene.restart()
    ownerWrites(again, 'and?')
    await again.until('the rest', () => answers(again).length === 4)
    assert.deepEqual(
      answered(again).map(text => text.slice(0, 5)),
      ['(1/4)', '(2/4)', '(3/4)', '(4/4)'],
    )
    assertIds(again)
    await assertHeard(again, ['hello', 'and?'])
  })

  test('of another kind in the middle of a text is told as a part of it', { timeout }, async t => {
    const scene = await startWechatScene(t)
    await beginTalk(scene)
    scene.controls.fault({ route: 'send', fault: { kind: 'ret', ret: -3, errmsg: 'invalid arguments' }, after: 1 })
    const sent = await sendToEnd(scene, longText(3))
    assert.deepEqual([sent.outcome, sent.wechat_text], ['refused', 'invalid arguments (ret -3)'])
    assert.deepEqual(sent.parts, { accepted: 1, of: 3 })
    await scene.until('the line', () => scene.lines().length === 2)
    assert.match(scene.lines()[1] ?? '', / state=refused /)
  })
})

describe('what is accepted', () => {
  test('and never shown is called accepted, nowhere delivered, and is not sent again', { timeout }, async t => {
    const scene = await startWechatScene(t, { simulate: { holdMs: 5 * MINUTE, settings: { blackHole: true } } })
    await beginTalk(scene)
    const sent = await send(scene, 'into the dark')
    assert.equal(sent.outcome, 'accepted')
    await scene.pass(HOUR)
    assert.deepEqual([sends(scene), answers(scene).length], [1, 0])
    const told = [
      JSON.stringify(sent),
      scene.text('conversations.md'),
      scene.text('sse_channel.log'),
      JSON.stringify(scene.statusOf('main')),
    ]
    for (const text of told) assert.doesNotMatch(text, /deliver/i)
    assert.match(String(scene.statusOf('main')['last_accepted_utc']), /^2026/)
  })

  test('under an id that somebody else has used is called accepted: nobody tells more', { timeout }, async t => {
    const scene = await startWechatScene(t)
    await beginTalk(scene)
    const fault = scene.controls.fault({ route: 'send', fault: { kind: 'reset' } })
    const sending = sendToEnd(scene, 'ours')
    await scene.until('the request', () => fault.hits() === 1, 0)
    await usedByAnother(scene)
    assert.equal((await sending).outcome, 'accepted')
    assert.deepEqual(answered(scene), ['theirs'])
    assert.deepEqual(
      scene.controls.violations().map(({ rule }) => rule),
      ['client-id-reused'],
    )
    // What comes after it has an id of its own.
    assert.equal((await sendToEnd(scene, 'the next')).outcome, 'accepted')
    assert.deepEqual(answered(scene), ['theirs', 'the next'])
  })
})

/** Another client of the same bot sends something else under the id of our last request. */
async function usedByAnother({ controls, simulator, ...scene }: WechatScene): Promise<void> {
  const { body, headers } = controls.requests('sendmessage').at(-1) ?? assert.fail()
  const reply = await fetch(`${simulator.url}/ilink/bot/sendmessage`, {
    method: 'POST',
    headers: {
      'iLink-App-Id': 'bot',
      'iLink-App-ClientVersion': String(headers['ilink-app-clientversion']),
      'Content-Type': 'application/json',
      AuthorizationType: 'ilink_bot_token',
      'X-WECHAT-UIN': 'Nw==',
      Authorization: `Bearer ${scene.bots.get('main')?.token}`,
    },
    body: body.replace('"ours"', '"theirs"'),
  })
  assert.equal(reply.status, 200)
}

describe('-14 while a message goes out', () => {
  test('of the conversation alone parks that message, and the account stays connected', { timeout }, async t => {
    const scene = await startWechatScene(t)
    await beginTalk(scene)
    scene.controls.fault({ route: 'send', fault: { kind: 'session timeout' }, times: 2 })
    const sent = await sendToEnd(scene, 'x')
    assert.deepEqual([sent.parked, sends(scene)], ['peer', 2])
    await assertConnected(scene)
    ownerWrites(scene, 'well?')
    await scene.until('it', () => answered(scene).length === 1)
    await assertHeard(scene, ['hello', 'well?'])
  })

  test('of the bot parks it until a login, after which it goes out when they have written', { timeout }, async t => {
    const scene = await startWechatScene(t)
    await beginTalk(scene)
    await scene.listening()
    const fault = scene.controls.fault({ route: 'send', fault: { kind: 'hang' } })
    const sending = sendToEnd(scene, 'x')
    await scene.until('the request', () => fault.hits() === 1, 0)
    scene.controls.revoke(mainBot(scene).token)
    const sent = await sending
    assert.equal(sent.parked, 'login')
    const again = scene.controls.bind(OWNER)
    await scene.ask('wechat-save', { credentials: scene.credentials(again) })
    await scene.until('the state', () => scene.statusOf('main')['state'] === 'connected')
    ownerWrites(scene, 'back')
    await scene.until('their message', () => heard(scene).includes('back'))
    // Whether the first request was heard nobody can say any more: it is not made anew under another bot.
    await scene.until('the end', () => scene.lines().includes(`to wechat:main/${OWNER} state=unknown x`))
    assert.deepEqual(answered(scene), [])
  })
})
