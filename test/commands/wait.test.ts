import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { wait } from '../../scripts/commands/wait.ts'
import { openSearchLookup } from '../../scripts/projections/search/search-file.ts'
import { createDataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { type Child, runProgram, startDaemonProcess, startProgram } from '../support/child.ts'
import { contextFor } from '../support/command-call.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { createMessageStore } from '../support/message-store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

const startWaiting = (path: string, ...args: string[]) => startProgram(['wait', '--data-dir', path, '--json', ...args])
const seqs = (child: Child) => JSON.parse(child.stdout()).messages.map((one: { seq: number }) => one.seq)

function indexedUpTo(path: string): number {
  const lookup = openSearchLookup(path)
  lookup?.close()
  return lookup?.position ?? 0
}

describe('wait', () => {
  test('ends at once when something is unread, and shows it as inbox does', async () => {
    const store = createMessageStore()
    store.add({ content: 'here already' })
    const waiting = startWaiting(store.folder.path)
    assert.equal(await waiting.ended, 0)
    assert.deepEqual(seqs(waiting), [1])
    const inbox = JSON.parse((await runProgram(['inbox', '--json', '--data-dir', store.folder.path])).stdout)
    assert.deepEqual({ ...JSON.parse(waiting.stdout()), boundary: '' }, { ...inbox, boundary: '' })
  })

  test('ends when something comes, be it that the database comes with it', async () => {
    const path = join(temporaryFolder(), 'openwechat_im_client')
    createDataFolder(dataFolderAt(path))
    const waiting = startWaiting(path)
    const store = createMessageStore({ path })
    store.add({ to: 2 })
    store.add({ from: 2, state: 'held' })
    assert.equal(waiting.process.exitCode, null)
    store.settle(2)
    assert.equal(await waiting.ended, 0)
    assert.deepEqual(seqs(waiting), [2])
  })

  test('exits with 5 when nothing comes in time', async () => {
    const store = createMessageStore()
    store.add({ to: 2 })
    const { code, stdout, stderr } = await runProgram(['wait', '--timeout', '0', '--data-dir', store.folder.path])
    assert.deepEqual([code, stdout, stderr], [5, '', 'Nothing new came.\n'])
    const asJson = startWaiting(store.folder.path, '--timeout', '1')
    assert.equal(await asJson.ended, 5)
    assert.deepEqual(seqs(asJson), [])
  })

  test('ends at once when it is interrupted, and does not look at the clock for it', async () => {
    const store = createMessageStore()
    const interrupt = new AbortController()
    const clock = createFakeClock()
    const waiting = wait.run(
      contextFor(store.folder, { clock, interrupted: interrupt.signal, values: { timeout: '3600' } }),
    )
    await waitFor('the command to wait', () => clock.pending() === 1)
    interrupt.abort(new DOMException('SIGINT', 'AbortError'))
    assert.equal(await waiting, 5)
    assert.equal(clock.pending(), 0)
  })

  test('goes on waiting while only things come that nobody has to read', async () => {
    const store = createMessageStore()
    const clock = createFakeClock()
    const waiting = wait.run(contextFor(store.folder, { clock }))
    for (const add of [{ to: 2 }, { via: 'import' as const }, {}]) {
      await waitFor('the command to wait', () => clock.pending() === 1)
      clock.advance(250)
      store.add(add)
    }
    assert.equal(await waiting, 0)
  })
})

describe('beside a running daemon', () => {
  test('--ack goes through it, and every file and command knows of it', async () => {
    const store = createMessageStore()
    store.addAll([{}, {}, {}])
    store.database.close()
    const { path } = store.folder
    const daemon = await startDaemonProcess(path, { args: ['--no-identity-lock'] })
    const acked = await runProgram(['inbox', '--ack', '--limit', '2', '--data-dir', path])
    assert.equal(acked.code, 0, acked.stderr)
    const left = JSON.parse((await runProgram(['inbox', '--json', '--data-dir', path])).stdout)
    assert.deepEqual([left.unread_count, left.messages.map((one: { seq: number }) => one.seq)], [1, [3]])
    await waitFor('the snapshot', () => viewOf(path).json('context_snapshot.json')['unread_count'] === 1)
    const status = JSON.parse((await runProgram(['status', '--json', '--data-dir', path])).stdout)
    assert.equal(status.unread_count, 1)
    daemon.kill('SIGTERM')
    assert.equal(await daemon.ended, 0)
  })

  test('a search finds everything, though the daemon was killed while it indexed', async () => {
    const store = createMessageStore()
    store.addAll(Array.from({ length: 1500 }, (_, i) => ({ content: `number ${i + 1} ${'words '.repeat(60)}` })))
    store.database.close()
    const { path } = store.folder
    const first = await startDaemonProcess(path, { args: ['--no-identity-lock'] })
    const indexed = () => indexedUpTo(store.folder.file('search.db'))
    await waitFor('the index to be begun', () => indexed() > 0)
    first.kill('SIGKILL')
    await first.ended
    const search = async (text: string) => {
      const { stdout } = await runProgram(['search', '--json', '--limit', '5', '--data-dir', path, text])
      return JSON.parse(stdout).messages.map((one: { seq: number }) => one.seq)
    }
    assert.deepEqual(await search('number 7 '), [7])
    const second = await startDaemonProcess(path, { args: ['--no-identity-lock'] })
    await waitFor('the index to be complete', () => indexed() === 1500)
    assert.deepEqual(await search('number 7 '), [7])
    assert.deepEqual(await search('number 1499'), [1499])
    second.kill('SIGTERM')
    assert.equal(await second.ended, 0)
  })
})
