import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'
import type { Database } from '../../scripts/store/database.ts'
import { openForWriting } from '../../scripts/store/database.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { ALICE, chat } from '../support/blocks.ts'
import { type Child, ROOT, start, startProgram } from '../support/child.ts'
import { createFailingDatabase } from '../support/failing-database.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type Scene, startScene, viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

const FROM_NOW = { lasting: true }

function contents(scene: Scene): string[] {
  return scene.records().map(one => one.content)
}

/** Stops while time goes on. */
async function stopIn(scene: Scene, limitMs: number): Promise<void> {
  const from = scene.clock.monotonic()
  let stopped = false
  const stopping = scene.stop().then(() => {
    stopped = true
  })
  await scene.until('the stop', () => stopped)
  await stopping
  assert.ok(scene.clock.monotonic() - from <= limitMs, `${scene.clock.monotonic() - from} ms`)
}

/** A daemon whose database takes nothing from its start on. */
async function startHeldUp(t: TestContext, fresh: boolean) {
  const failing = createFailingDatabase()
  const first = await startScene(t, {
    wrapDatabase: failing.wrap,
    prepare: () => fresh && failing.fail('full', FROM_NOW),
  })
  if (fresh) return { failing, scene: first }
  await first.stop()
  failing.fail('full', FROM_NOW)
  return { failing, scene: await first.restart() }
}

describe('a start on a full disk', () => {
  for (const fresh of [true, false]) {
    const where = fresh ? 'in a folder without a database' : 'in a folder that was in use'

    test(`${where} is said, asks no relay for anything, and goes on by itself when there is room`, async t => {
      const { failing, scene } = await startHeldUp(t, fresh)
      const requests = scene.relay.requests.length
      assert.deepEqual(scene.said, [
        'state.db can not be written (database or disk is full). Nothing is fetched from the relay until it can; then this goes on by itself.',
      ])
      await scene.eventually(() =>
        assert.match(
          scene.channel().length > 0 ? (scene.channel(/STORAGE_FAULT/).at(-1) ?? '') : '',
          /file=state\.db reason=database_or_disk_is_full$/,
        ),
      )
      assert.ok(scene.logs.some(one => one['level'] === 'error' && one['reason'] === 'database_or_disk_is_full'))
      await scene.pass(60_000, 1000)
      assert.equal(scene.relay.requests.length, requests)
      assert.equal(scene.said.length, 1, 'said once')
      failing.lift()
      await scene.until('connected', () => scene.relay.streams.length > 0)
      assert.equal(scene.said[1], 'state.db can be written again: the start goes on.')
      scene.relay.send(chat(ALICE, 'one'))
      await scene.until('shown', () => contents(scene).includes('one'))
      await scene.eventually(() => assert.equal(scene.channel(/STORAGE_RECOVERED file=state\.db/).length, 1))
    })

    test(`${where} can be stopped meanwhile, and lets go of the lock`, async t => {
      const { failing, scene } = await startHeldUp(t, fresh)
      await scene.pass(10_000, 1000)
      await stopIn(scene, 6000)
      assert.equal(scene.channel().at(-1), 'DAEMON_STOPPED')
      assert.equal(scene.channel(/MESSAGE_AT_RISK/).length, 0)
      failing.lift()
      const again = await scene.restart()
      await again.until('connected', () => again.relay.streams.length > 0)
    })
  }

  test('is said in the language of the user', async t => {
    const failing = createFailingDatabase()
    failing.fail('full', FROM_NOW)
    const scene = await startScene(t, { wrapDatabase: failing.wrap, language: 'zh' })
    assert.match(scene.said[0] ?? '', /^无法写入 state\.db.*。$/)
    failing.lift()
    await scene.until('running', () => scene.said.length === 2)
    assert.match(scene.said[1] ?? '', /已可写入/)
  })

  test('in a process of its own: the sentence stands on the terminal, and Ctrl-C ends it at once', async () => {
    const folder = join(temporaryFolder(), 'openwechat_im_client')
    const child = startWithin(8, folder)
    await waitFor('the sentence', () => child.stderr().includes('state.db can not be written (disk I/O error)'))
    await waitFor('running', () => child.stderr().includes('Running.'))
    child.kill('SIGINT')
    assert.equal(await child.ended, 0, child.stderr())
  })
})

test('a disk that has no room for the first file of all is said, with what to do', async () => {
  const folder = join(temporaryFolder(), 'openwechat_im_client')
  const child = startWithin(0, folder)
  assert.equal(await child.ended, 1)
  assert.match(
    child.stderr(),
    /error: The data folder \S+ can not be created or written \(EFBIG\)\.\n {2}next: Make room/,
  )
  const next = startProgram(['sse', '--data-dir', folder, '--no-identity-lock'])
  await waitFor('running', () => next.stderr().includes('Running.'))
  assert.equal(readFileSync(join(folder, '.gitignore'), 'utf8'), '*\n')
  next.kill('SIGTERM')
  assert.equal(await next.ended, 0)
})

/** No file may grow beyond so many half kilobytes: as real a refusal as a full disk, and needs no disk of its own. */
function startWithin(blocks: number, folder: string): Child {
  const shell = `trap "" XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`
  const args = [join(ROOT, 'scripts', 'run.mjs'), 'sse', '--data-dir', folder, '--no-identity-lock']
  return start('sh', ['-c', shell, process.execPath, ...args], { env: { LANG: 'C' } })
}

describe('another program that writes to state.db for longer than anybody waits', () => {
  test('holds a start up; it is said, and goes on by itself', async () => {
    const folder = join(temporaryFolder(), 'openwechat_im_client')
    const view = viewOf(folder)
    view.writeConfig({})
    openForWriting(view.folder.file('state.db'), migrate).close()
    const other = new DatabaseSync(view.folder.file('state.db'))
    other.exec('BEGIN IMMEDIATE')
    const child = startProgram(['sse', '--data-dir', folder, '--no-identity-lock'])
    await waitFor('the sentence', () => child.stderr().includes('state.db can not be written (database is locked)'))
    assert.equal(view.channel(/DAEMON_STARTED/).length, 0)
    other.exec('ROLLBACK')
    other.close()
    await waitFor('the start', () => view.channel(/DAEMON_STARTED/).length === 1)
    assert.match(child.stderr(), /state\.db can be written again/)
    child.kill('SIGTERM')
    assert.equal(await child.ended, 0, child.stderr())
  })

  test('keeps what comes in waiting; nothing is lost or shown twice', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length > 0)
    await scene.pass(3000)
    const other = new DatabaseSync(scene.folder.file('state.db'))
    other.exec('BEGIN IMMEDIATE')
    for (const text of ['one', 'two', 'three']) scene.relay.send(chat(ALICE, text))
    // The clock stands still: another try would block for another five seconds.
    await waitFor('told', () => scene.channel(/STORAGE_FAULT file=state\.db reason=database_is_locked$/).length === 1)
    assert.equal(scene.entries().length, 0)
    other.exec('ROLLBACK')
    other.close()
    await scene.until('shown', () => scene.records().length === 3)
    assert.deepEqual(contents(scene), ['one', 'two', 'three'])
    assert.equal(scene.entries().length, 3)
    await scene.eventually(() => assert.equal(scene.channel(/STORAGE_RECOVERED file=state\.db$/).length, 1))
  })
})

describe('a database that is really full (max_page_count)', () => {
  async function startLimited(t: Parameters<typeof startScene>[0]) {
    let real: Database | undefined
    const scene = await startScene(t, {
      wrapDatabase(database) {
        real = database
        return database
      },
    })
    await scene.until('connected', () => scene.channel(/INBOX_DRAINED/).length > 0)
    await scene.pass(12_000)
    return {
      scene,
      fill: () => real?.exec(`PRAGMA max_page_count = ${Number(real.get('PRAGMA page_count')?.['page_count'])}`),
      makeRoom: () => real?.exec('PRAGMA max_page_count = 1073741823'),
    }
  }
  /** Longer than what is left of the last page. */
  const LONG = 'long '.repeat(10_000)

  test('keeps what comes in waiting, and takes no more from the inbox than one read that was under way', async t => {
    const { scene, fill, makeRoom } = await startLimited(t)
    fill()
    for (const text of ['one', 'two', 'three']) scene.relay.send(chat(ALICE, `${text} ${LONG}`))
    await scene.until(
      'told',
      () => scene.channel(/STORAGE_FAULT file=state\.db reason=database_or_disk_is_full$/).length === 1,
    )
    for (const text of ['four', 'five', 'six']) scene.relay.inbox.push(chat(ALICE, text))
    await scene.pass(11 * 60_000, 1000)
    assert.ok(scene.relay.inbox.length >= 2, `${scene.relay.inbox.length} left`)
    assert.equal(scene.entries().length, 0)
    makeRoom()
    await scene.until('all are shown', () => scene.records().length === 6 && scene.entries().length === 6, 1000)
    assert.deepEqual(
      contents(scene)
        .map(text => text.split(' ')[0])
        .toSorted(),
      ['five', 'four', 'one', 'six', 'three', 'two'],
    )
    await scene.eventually(() => assert.equal(scene.channel(/STORAGE_RECOVERED file=state\.db$/).length, 1))
    assert.equal(scene.channel(/STORAGE_FAULT file=state\.db/).length, 1)
  })

  test('does not keep a stop waiting for ever; what is not stored is told', async t => {
    const { scene, fill } = await startLimited(t)
    fill()
    scene.relay.send(chat(ALICE, `one ${LONG}`))
    await scene.until('told', () => scene.channel(/STORAGE_FAULT/).length === 1)
    await stopIn(scene, 11_000)
    assert.match(scene.channel(/MESSAGE_AT_RISK/)[0] ?? '', /reason=not_stored writes=[1-9]\d*$/)
    assert.equal(scene.channel().at(-1), 'DAEMON_STOPPED')
    assert.equal(scene.channel(/STORAGE_FAULT/).length, 1, 'the files are not blamed')
    const again = await scene.restart()
    await again.until('connected', () => again.relay.streams.length > 0)
  })

  test('that has room again at the stop stores everything', async t => {
    const { scene, fill, makeRoom } = await startLimited(t)
    fill()
    scene.relay.send(chat(ALICE, `one ${LONG}`))
    await scene.until('told', () => scene.channel(/STORAGE_FAULT/).length === 1)
    makeRoom()
    await stopIn(scene, 11_000)
    assert.equal(scene.channel(/MESSAGE_AT_RISK/).length, 0)
    const again = await scene.restart()
    await again.until('shown', () => again.records().length === 1 && again.entries().length === 1)
  })
})
