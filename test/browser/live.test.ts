import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { placeOf, scrollTo } from './in-page/scroll.js'
import { useDesk } from './support/desk.ts'
import { startLiveScene } from './support/live-scene.ts'
import { livelyFolder } from './support/lively-folder.ts'
import { chat, NOW, relayParty } from './support/page-folder.ts'
import { servePage } from './support/serve.ts'

describe('what arrives', () => {
  const { sit, sitAt } = useDesk()

  test('a message that the relay pushes to a real daemon is on the page without a reload', async t => {
    const scene = await startLiveScene(t)
    const desk = await sitAt(t, scene.url)
    const loads: string[] = []
    desk.page.on('load', () => loads.push('load'))
    await desk.open('Pilot')
    await scene.friend.send(scene.myId, 'Gern! 明天见？')
    await desk.shows('Gern! 明天见？', desk.log)
    await scene.run('send', String(scene.friend.id), 'Yes, at nine.')
    await desk.shows('Yes, at nine.', desk.log)
    assert.deepEqual(loads, [])
    desk.assertQuiet()

    // The page knows when the daemon is gone, and what to do.
    scene.daemon.kill('SIGTERM')
    await scene.daemon.ended
    await desk.page.locator('[data-problem="daemon_down"]:visible').waitFor()
    await desk.shows('npm run sse')
  })

  test('the page asks by itself while the live stream does not work, and follows it again when it does', async t => {
    const folder = livelyFolder()
    const { url } = await servePage(t, folder.path)
    const desk = await sitAt(t, url, { blocked: '**/live', settings: { refreshSeconds: 1 } })
    await desk.page.locator('[data-live="polling"]').waitFor()
    await desk.open('#2')
    folder.say(chat(NOW, relayParty(2, 'bob'), 'Asked for.'))
    await desk.shows('Asked for.', desk.log)
    await desk.context.unroute('**/live')
    await desk.page.locator('[data-live="live"]').waitFor()
    folder.say(chat(NOW, relayParty(2, 'bob'), 'Pushed.'))
    await desk.shows('Pushed.', desk.log)
  })

  test('a page whose server was away for a while goes on by itself', async t => {
    const folder = livelyFolder()
    const server = await servePage(t, folder.path)
    const desk = await sitAt(t, server.url)
    await desk.open('#2')
    await desk.page.locator('[data-live="live"]').waitFor()
    await server.close()
    await desk.page.locator('[data-problem="ui_server_down"]:visible').waitFor()
    await desk.shows('npm run ui')
    folder.say(chat(NOW, relayParty(2, 'bob'), 'Said while nobody looked.'))
    await servePage(t, folder.path, server.port)
    await desk.shows('Said while nobody looked.', desk.log)
    await desk.page.locator('[data-live="live"]').waitFor()
    await desk.page.locator('[data-problem="ui_server_down"]:visible').waitFor({ state: 'detached' })
  })

  test('nothing is asked for while auto-refresh is off, until somebody asks', async t => {
    const folder = livelyFolder()
    const { url } = await servePage(t, folder.path)
    const desk = await sitAt(t, url)
    await desk.open('#2')
    await desk.page.getByRole('button', { name: desk.say('pauseRefresh') }).click()
    await desk.page.locator('[data-live="paused"]').waitFor()
    const before = desk.requests.length
    folder.say(chat(NOW, relayParty(2, 'bob'), 'Not asked for yet.'))
    // Somebody else's page has it by then.
    const other = await sitAt(t, url)
    await other.open('#2')
    await other.shows('Not asked for yet.', other.log)
    assert.equal(desk.requests.length, before)
    assert.equal(await desk.log.getByText('Not asked for yet.').count(), 0)
    await desk.page.getByRole('button', { name: desk.say('refreshNow') }).click()
    await desk.shows('Not asked for yet.', desk.log)
    desk.assertQuiet()
  })

  test('whoever reads above is told of new messages and not moved', async t => {
    const folder = livelyFolder()
    for (let n = 0; n < 60; n++) folder.say(chat(NOW, relayParty(2, 'bob'), `Line ${n}`))
    const desk = await sit(t, folder.path)
    await desk.open('#2')
    await desk.shows('Line 59', desk.log)
    await desk.log.evaluate(scrollTo, (await desk.log.evaluate(placeOf)).height / 2)
    const before = await desk.log.evaluate(placeOf)
    folder.say(chat(NOW, relayParty(2, 'bob'), 'Down here!'))
    const pill = desk.page.getByText(desk.say('newMessages'))
    await pill.waitFor()
    assert.equal((await desk.log.evaluate(placeOf)).top, before.top)
    await pill.click()
    await desk.shows('Down here!', desk.log)
    desk.assertQuiet()
  })
})
