import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FetchLike } from '../../scripts/core/fetch.ts'
import type { Fault } from '../../scripts/embedded/ilink/simulator.ts'
import { openForWriting } from '../../scripts/store/database.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { PICTURE } from '../adapters/ilink/test-files.ts'
import { deskAt } from '../commands/wechat/desk.ts'
import { answer } from '../support/scripted-relay.ts'
import {
  assertConnected,
  assertHeard,
  beginTalk,
  heard,
  mainBot,
  nameOf,
  OWNER,
  ownerWrites,
  send,
} from '../support/wechat-owner.ts'
import { startWechatScene, type WechatScene } from '../support/wechat-scene.ts'

/** What goes wrong on the way here (IL "What users hit" 2, 4, 5, 10): nothing is lost, nothing comes twice, and the state says so. */

const timeout = 60_000
const MINUTE = 60_000

describe('what is handed out again', () => {
  for (const freshIds of [false, true]) {
    test(`after 1 s, 8 s and 40 min, ${freshIds ? 'under another id' : 'under the same id'}, is shown once`, {
      timeout,
    }, async t => {
      const scene = await startWechatScene(t, { simulate: { holdMs: 5 * MINUTE } })
      scene.controls.setCursorMode('redeliver', { freshIds })
      await scene.listening()
      ownerWrites(scene, 'ok', 'ok')
      scene.phone.write({ kind: 'image', bytes: PICTURE }, { from: OWNER })
      await scene.until('them', () => heard(scene).length === 3)
      for (let i = 0; i < 8; i++) await send(scene, `${i}`)
      await scene.pass(41 * MINUTE)
      const handedOut = scene.controls.handouts(mainBot(scene).id)
      assert.equal(handedOut.length, 12)
      assert.equal(new Set(handedOut.map(({ messageId }) => messageId)).size, freshIds ? 12 : 3)
      // No new budget comes with it.
      for (let i = 8; i < 10; i++) assert.equal((await send(scene, `${i}`)).outcome, 'accepted')
      const { parked, reason } = await send(scene, 'too many')
      assert.deepEqual([parked, reason], ['peer', 'used_up'])
      await assertHeard(scene, ['ok', 'ok', heard(scene)[2] ?? ''])
      assert.equal(scene.controls.requestCount('/download'), 1)
      await assertConnected(scene)
      assert.deepEqual(scene.controls.violations(), [])
    })
  }

  test('in any order, within a batch and across them, comes once each', { timeout }, async t => {
    const scene = await startWechatScene(t, { simulate: { settings: { order: 'shuffled', batchSize: 4 } } })
    scene.controls.setCursorMode('redeliver', { afterMs: [500, 3000] })
    await scene.listening()
    const texts = Array.from({ length: 30 }, (_, i) => `number ${i}`)
    scene.phone.together(() => ownerWrites(scene, ...texts))
    await scene.until('all', () => heard(scene).length >= 30)
    await scene.pass(10_000)
    assert.equal(scene.controls.handouts(mainBot(scene).id).length, 90)
    assert.notDeepEqual(heard(scene), texts)
    assert.deepEqual(heard(scene).toSorted(), texts.toSorted())
    await assertHeard(scene, heard(scene))
    assert.deepEqual(scene.controls.violations(), [])
  })
})

describe('an answer to a poll that is none', () => {
  const FAULTS: readonly (readonly [fault: Fault, state: 'retrying' | 'degraded' | 'connected'])[] = [
    [{ kind: 'http', status: 524 }, 'retrying'],
    [{ kind: 'http', status: 502 }, 'retrying'],
    [{ kind: 'http', status: 500 }, 'retrying'],
    [{ kind: 'http', status: 429 }, 'retrying'],
    [{ kind: 'http', status: 403 }, 'retrying'],
    [{ kind: 'html' }, 'retrying'],
    [{ kind: 'invalid json' }, 'retrying'],
    [{ kind: 'empty body' }, 'retrying'],
    [{ kind: 'ret', ret: -1 }, 'retrying'],
    [{ kind: 'reset' }, 'retrying'],
    [{ kind: 'half' }, 'retrying'],
    [{ kind: 'truncated' }, 'retrying'],
    [{ kind: 'hang' }, 'degraded'],
    [{ kind: 'slow', pieces: 3, everyMs: 1000 }, 'connected'],
    [{ kind: 'delay', ms: 5000 }, 'connected'],
  ]
  for (const [fault, state] of FAULTS) {
    test(`(${nameOf(fault)}) loses nothing and doubles nothing, and the state is ${state}`, { timeout }, async t => {
      const scene = await startWechatScene(t, { simulate: { holdMs: 5000 } })
      // What went out into a broken connection comes again, as it does in life; otherwise nobody could help it.
      scene.controls.setCursorMode('redeliver', { afterMs: [3000, 90_000] })
      await scene.listening()
      const seen = new Set<unknown>()
      const hit = scene.controls.fault({ route: 'updates', fault, times: 4 })
      ownerWrites(scene, 'one', 'two')
      await scene.until(
        'the faults',
        () => {
          seen.add(scene.statusOf('main')['state'])
          return hit.hits() === 4
        },
        250,
      )
      await scene.until('the state', () => seen.add(scene.statusOf('main')['state']).has(state), 250)
      await scene.until('both', () => heard(scene).length === 2, 250)
      await assertConnected(scene)
      await scene.pass(2 * MINUTE)
      await assertHeard(scene, ['one', 'two'])
      assert.deepEqual(
        [...seen].filter(one => one !== 'connected' && one !== state && one !== 'connecting'),
        [],
      )
      assert.deepEqual(scene.controls.violations(), [])
    })
  }
})

describe('-14', () => {
  for (const times of [1, 3]) {
    test(`that comes ${times === 1 ? 'once, in each form,' : 'three times in a row'} is doubted, and over`, {
      timeout,
    }, async t => {
      const scene = await startWechatScene(t)
      await scene.listening()
      for (let round = 0; round < 3; round++) {
        scene.controls.fault({ route: 'updates', fault: { kind: 'session timeout' }, times })
        ownerWrites(scene, `${round}`)
        await scene.until('doubt', () => scene.statusOf('main')['state'] === 'checking_login')
        await assertConnected(scene)
        await scene.until('it', () => heard(scene).length === round + 1)
      }
      const forms = scene.controls
        .requests('getupdates')
        .map(({ outcome }) => outcome?.body.match(/"(?:ret|errcode)":-14/g)?.join() ?? '')
      assert.equal(new Set(forms).size, 1 + 3)
      await assertHeard(scene, ['0', '1', '2'])
      assert.equal(scene.channel(/AUTH_REFUSED/).length, 0)
      assert.equal(scene.controls.requestCount('get_bot_qrcode'), 0)
    })
  }

  test('for good is told in status, in the channel log and to the agent, once, and over with new credentials', {
    timeout,
  }, async t => {
    const pokes: string[] = []
    const pushFetch: FetchLike = (_url, { body }) => {
      pokes.push(String(body))
      return Promise.resolve(answer('{"ok":true,"mode":"now","eventOutcome":"queued"}'))
    }
    const wake = { url: 'http://127.0.0.1:18789/hooks', token: 'hooks-token' }
    const scene = await startWechatScene(t, { config: { wake }, pushFetch })
    const desk = deskAt(t, scene)
    await beginTalk(scene)
    const before = mainBot(scene)
    scene.controls.revoke(before.token)
    ownerWrites(scene, 'meanwhile')
    await scene.until('the state', () => scene.statusOf('main')['state'] === 'login_needed', 250)
    await scene.until('the poke', () => pokes.some(body => body.includes('signed out')), 250)
    const polls = scene.controls.requestCount('getupdates')
    await scene.until('an hour', hours(scene, 1), 5000)
    assert.equal(pokes.filter(body => body.includes('signed out')).length, 1)
    assert.equal(scene.channel(/AUTH_REFUSED.*account=wechat:main/).length, 1)
    // It is looked at every few minutes, and nobody is asked to scan.
    const probes = scene.controls.requestCount('getupdates') - polls
    assert.ok(probes >= 8 && probes <= 17, `${probes} probes`)
    assert.equal(scene.controls.requestCount('get_bot_qrcode'), 0)
    assert.match((await desk.type('status main')).stdout, /^main: LOGIN NEEDED/)
    assert.equal((await send(scene, 'later')).parked, 'login')
    assert.match(
      (await desk.type('status main')).stdout,
      /\n {2}1 to be sent, 1 of them until somebody writes or logs in\n/,
    )

    const again = scene.controls.bind(OWNER)
    await scene.ask('wechat-save', { credentials: scene.credentials(again) })
    await assertConnected(scene)
    await scene.until('what they wrote meanwhile', () => heard(scene).includes('meanwhile'))
    await scene.until('what waited', () =>
      scene.phone.transcript(OWNER, again.id).shown.some(({ text }) => text === 'later'),
    )
    assert.equal(scene.phone.transcript(OWNER).shown.filter(({ text }) => text === 'later').length, 1)
    assert.deepEqual(heard(scene), ['hello', 'meanwhile'])
    assert.match((await desk.type('status main')).stdout, /^main: connected/)
    assert.deepEqual(scene.controls.violations(), [])
  })
})

function hours({ clock }: WechatScene, count: number): () => boolean {
  const end = clock.now() + count * 60 * MINUTE
  return () => clock.now() >= end
}

describe('a second poller', () => {
  for (const mode of ['takeover', 'queue', 'steal'] as const) {
    test(`in mode ${mode} costs nothing that came here, and the account is its own again afterwards`, {
      timeout,
    }, async t => {
      const scene = await startWechatScene(t)
      scene.controls.setSecondPoller(mode)
      await beginTalk(scene)
      await scene.listening()
      const other = startOther(scene)
      await scene.until('the other', () => scene.controls.secondPolls() > 0, 0)
      if (mode === 'takeover') await scene.until('doubt', () => scene.statusOf('main')['state'] === 'checking_login', 0)
      const taken: string[] = []
      if (mode === 'steal') {
        ownerWrites(scene, 'a', 'b', 'c', 'd')
        await scene.until('all but what it takes', () => heard(scene).length >= 4)
        other.abort()
        taken.push(...(await other.texts))
      } else {
        other.abort()
        await other.texts
      }
      await scene.until('its end', () => scene.controls.held(mainBot(scene).id) <= 1, 0)
      await scene.listening()
      await assertConnected(scene)
      await assertHeard(scene, [
        'hello',
        ...['a', 'b', 'c', 'd'].filter(text => mode === 'steal' && !taken.includes(text)),
      ])
      assert.equal(scene.channel(/AUTH_REFUSED/).length, 0)
    })
  }
})

/** One poll of somebody else with the same token. */
function startOther(scene: WechatScene): { abort(): void; texts: Promise<string[]> } {
  const end = new AbortController()
  const asked = fetch(`${scene.simulator.url}/ilink/bot/getupdates`, {
    method: 'POST',
    headers: {
      'iLink-App-Id': 'bot',
      'iLink-App-ClientVersion': '132105',
      'Content-Type': 'application/json',
      AuthorizationType: 'ilink_bot_token',
      'X-WECHAT-UIN': 'Nw==',
      Authorization: `Bearer ${mainBot(scene).token}`,
    },
    body: JSON.stringify({ get_updates_buf: '', base_info: { channel_version: '2.4.9' } }),
    signal: end.signal,
  })
  const texts = asked
    .then(reply => reply.text())
    .then(
      text => [...text.matchAll(/"text":"([^"]*)"/g)].flatMap(([, one]) => one ?? []),
      () => [],
    )
  return { texts, abort: () => end.abort() }
}

describe('a cursor', () => {
  test('that is lost on our side brings everything again, which is known', { timeout }, async t => {
    const scene = await startWechatScene(t)
    scene.controls.setCursorMode('replay')
    await scene.listening()
    ownerWrites(scene, 'one', 'two')
    await scene.until('both', () => heard(scene).length === 2)
    await scene.end()
    const database = openForWriting(scene.folder.file('state.db'), migrate)
    database.run("DELETE FROM memos WHERE key = 'cursor'")
    database.close()
    const again = await scene.restart()
    await again.listening()
    assert.ok(scene.controls.handouts(mainBot(scene).id).length >= 4)
    await assertHeard(again, ['one', 'two'])
    assert.deepEqual(scene.controls.violations(), [])
  })

  for (const kind of ['empty', 'absent'] as const) {
    test(`that is ${kind} in an answer leaves the old one in force`, { timeout }, async t => {
      const scene = await startWechatScene(t, { simulate: { settings: { emptyPollCursor: kind }, holdMs: 2000 } })
      scene.controls.setCursorMode('replay')
      await scene.listening()
      ownerWrites(scene, 'one')
      await scene.until('it', () => heard(scene).length === 1)
      await scene.pass(20_000)
      assert.equal(scene.controls.handouts(mainBot(scene).id).length, 1)
      await assertHeard(scene, ['one'])
    })
  }

  test('that the server forgets brings everything again, which is known', { timeout }, async t => {
    const scene = await startWechatScene(t)
    scene.controls.setCursorMode('replay')
    await scene.listening()
    ownerWrites(scene, 'one', 'two')
    await scene.until('both', () => heard(scene).length === 2)
    // One that it has never given is one that it has forgotten.
    const body = { ret: 0, msgs: [], get_updates_buf: 'Zm9yZ290dGVu' }
    scene.controls.fault({ route: 'updates', fault: { kind: 'json', body } })
    await scene.until('all of it once more', () => scene.controls.handouts(mainBot(scene).id).length >= 4, 1000)
    await assertHeard(scene, ['one', 'two'])
    await assertConnected(scene)
  })
})
