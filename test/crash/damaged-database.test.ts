import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ALICE, BOB, chat, IMPOSTOR } from '../support/blocks.ts'
import { damageTable } from '../support/damage.ts'
import { type Scene, startScene } from '../support/test-daemon.ts'

const TABLES = ['messages', 'payloads', 'checkpoints', 'status', 'contacts', 'counters', 'hourly', 'memos']

async function inUse(t: Parameters<typeof startScene>[0]): Promise<Scene> {
  const scene = await startScene(t, {
    prepare(relay) {
      for (const user of [ALICE, BOB, IMPOSTOR]) relay.users.set(user.id, user)
      relay.friends.push(ALICE)
    },
  })
  await scene.until('connected', () => scene.relay.streams.length > 0)
  for (const text of ['one', 'two', 'three']) scene.relay.send(chat(ALICE, text))
  scene.relay.send(chat(IMPOSTOR, 'who am I'))
  await scene.until('shown', () => scene.entries().length === 4 && scene.records().length === 4)
  await scene.pass(5000)
  return scene
}

/** What was shown before is there once, what comes afterwards too, under numbers of its own; the old one is kept, whole. */
async function goesOn(scene: Scene): Promise<void> {
  await scene.until('connected', () => scene.relay.streams.length > 0)
  for (const user of [ALICE, BOB, IMPOSTOR]) scene.relay.send(chat(user, `after, from ${user.id}`))
  scene.relay.inbox.push(chat(BOB, 'after, from the inbox'))
  await scene.until(
    'moved aside',
    () => scene.channel(/STORAGE_FAULT file=state\.db reason=\S+ moved_to=/).length > 0,
    1000,
  )
  await scene.until('shown', () => scene.entries().length === 8 && scene.records().length === 8, 1000)
  await scene.pass(15_000, 1000)
  assert.deepEqual(
    scene
      .entries()
      .map(one => /内容：(.*)$/.exec(one.payload)?.[1])
      .toSorted(),
    ['after, from 1', 'after, from 14', 'after, from 2', 'after, from the inbox', 'one', 'three', 'two', 'who am I'],
  )
  const seqs = scene.entries().map(one => one.seq)
  assert.equal(new Set(seqs).size, 8, 'no number twice')
  assert.deepEqual(
    seqs,
    seqs.toSorted((a, b) => a - b),
  )
  const aside = readdirSync(scene.folder.path).filter(name => /^state\.db\.corrupt-\w+$/.test(name))
  assert.equal(aside.length, 1)
}

/** While the daemon runs it has the table of tables in its memory; damage there shows at the next start. */
const AT_START = ['sqlite_schema', ...TABLES]

describe('pages of the database that are overwritten', () => {
  for (const table of TABLES) {
    test(`${table}, while the daemon runs: moved aside, and the work goes on`, async t => {
      const scene = await inUse(t)
      damageTable(scene.folder.file('state.db'), table)
      await goesOn(scene)
    })
  }

  for (const table of AT_START) {
    test(`${table}, before the start: moved aside, and the work goes on`, async t => {
      const scene = await inUse(t)
      await scene.stop()
      damageTable(scene.folder.file('state.db'), table)
      await goesOn(await scene.restart())
    })
  }
})
