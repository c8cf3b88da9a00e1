import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { ActionContext } from '../../scripts/engine/actions/action.ts'
import { prune } from '../../scripts/engine/actions/prune.ts'
import { rebuild } from '../../scripts/engine/actions/rebuild.ts'
import { formatEntry, parseEntries } from '../../scripts/protocol/inbox-entry.ts'
import { parseRecord } from '../../scripts/protocol/record-line.ts'
import type { Database } from '../../scripts/store/database.ts'
import type { FileLayer } from '../../scripts/store/files.ts'
import { createFailingDatabase } from '../support/failing-database.ts'
import { createFailingFiles, FILE_FAULTS } from '../support/failing-files.ts'
import { createForgetfulFiles, type ForgetfulFiles } from '../support/forgetful-files.ts'
import { type Desk, marksIn, openDesk } from '../support/retention-desk.ts'
import { FULL } from '../support/scale.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { turns } from '../support/wait-for.ts'

/**
 * Archiving and rebuilding, cut short at every place. Whatever happens: each message is in its file or in the archive,
 * none is in a file twice, nothing is torn; and doing it once more ends where it would have ended at once.
 */
const WORK = {
  prune: (context: ActionContext) => prune.run({ days: 7 }, context),
  rebuild: (context: ActionContext) => rebuild.run({}, context),
} as const
type Work = keyof typeof WORK

/** Every which place it is cut short at. Both do the same with the files; the easier one is tried at fewer. */
const STEP: Readonly<Record<Work, number>> = FULL ? { prune: 1, rebuild: 1 } : { prune: 2, rebuild: 4 }

const OLD = ['m11', 'm12', 'm13', 'm14', 'm15']
const YOUNG = ['m21', 'm22', 'm23']
/** Comes while the work is being done. */
const LATE = 'm31'

const FILES = ['inbox_pushed.md', 'conversations.md'] as const

interface Machine {
  readonly path: string
  readonly disk: ForgetfulFiles
}

interface Running extends Machine {
  readonly desk: Desk
  /** Nothing of this process does anything any more. */
  kill(): void
}

const finished = { after: () => undefined }

function boot(
  machine: Machine,
  { files = machine.disk, isOff }: { files?: FileLayer; isOff?: () => boolean } = {},
): Running {
  let connection: Database | undefined
  const failing = createFailingDatabase(isOff)
  const desk = openDesk(finished, {
    path: machine.path,
    files,
    wrapDatabase(real) {
      connection = real
      const { exec, ...others } = failing.wrap(real)
      // This database loses nothing, and is asked for thousands of commits.
      return { ...others, exec: sql => exec(sql.replace('synchronous = FULL', 'synchronous = OFF')) }
    },
  })
  return { ...machine, desk, kill: () => connection?.close() }
}

/** A folder in use: five old messages and three young ones, read, in the files, and on disk. */
async function prepare(): Promise<Machine> {
  const machine = { path: join(temporaryFolder(), 'openwechat_im_client'), disk: createForgetfulFiles() }
  const { desk } = boot(machine)
  await desk.receive(...OLD.map(content => ({ content, age: 20 })))
  await desk.receive(...YOUNG.map(content => ({ content, age: 1 })))
  await desk.read()
  await desk.settled()
  await desk.close()
  return machine
}

/** Does the work, and receives a message meanwhile, up to the end or until nothing works any more. */
async function workOn({ desk }: Running, work: Work, isOver: () => boolean): Promise<void> {
  let isDone = false
  const done = WORK[work](desk.context).catch(() => undefined)
  const late = desk.receive({ content: LATE, age: 0 }).then(desk.projector.kick, () => undefined)
  void Promise.all([done, late]).then(() => {
    isDone = true
  })
  while (!isDone && !isOver()) await turns(1)
  await turns(5)
}

function assertWhole({ path, disk }: Machine, work: Work, name: string): void {
  for (const file of FILES) {
    const text = disk.content(join(path, file)) ?? ''
    const marks = marksIn(text)
    const kind = file.replace('.md', '')
    const archives = disk.paths().filter(one => one.startsWith(join(path, '.archive', kind)) && one.endsWith('.md'))
    const archived = marksIn(archives.map(one => disk.content(one) ?? '').join(''))
    assert.deepEqual(marks, [...new Set(marks)], `${file}: nothing twice, ${name}`)
    for (const mark of YOUNG) assert.ok(marks.includes(mark), `${file}: ${mark} is there, ${name}`)
    for (const mark of OLD) {
      const isKept = marks.includes(mark) || (work === 'prune' && archived.includes(mark))
      assert.ok(isKept, `${file}: ${mark} is somewhere, ${name}`)
    }
    if (file === 'inbox_pushed.md') assert.equal(parseEntries(text).map(formatEntry).join(''), text, name)
    else for (const line of text.split('\n').slice(0, -1)) assert.ok(parseRecord(line) !== null, `${name}: ${line}`)
  }
}

/** A new process finds what is left of the old one; doing the work once more brings it to its end. */
async function recover(machine: Machine, work: Work, name: string): Promise<void> {
  const { desk } = boot(machine)
  await desk.settled()
  assertWhole(machine, work, name)
  for (const row of desk.writer.database.all('SELECT content FROM messages')) {
    for (const file of FILES) {
      const shown = marksIn(machine.disk.content(join(machine.path, file)) ?? '')
      assert.ok(shown.includes(String(row['content'])), `${file}: what is committed is shown, ${name}`)
    }
  }
  await WORK[work](desk.context)
  await desk.close()
  assertWhole(machine, work, `${name}, done again`)
  const expected = work === 'prune' ? YOUNG : [...OLD, ...YOUNG]
  for (const file of FILES) {
    const marks = marksIn(machine.disk.content(join(machine.path, file)) ?? '').filter(mark => mark !== LATE)
    assert.deepEqual(marks, expected, `${file}, ${name}, done again`)
  }
}

for (const work of ['prune', 'rebuild'] as const) {
  describe(`${work}, cut short`, () => {
    test('by a power loss in the middle of any operation of the disk: nothing is lost, torn, or there twice', async t => {
      const counted = await prepare()
      const before = counted.disk.operations
      const whole = boot(counted)
      await workOn(whole, work, () => false)
      await whole.desk.close()
      const operations = counted.disk.operations - before
      assert.ok(operations > 60, `${operations} operations`)
      let cuts = 0
      for (let at = 1; at <= operations; at += STEP[work]) {
        for (const keep of FULL ? [0, 0.5, 1] : [[0, 0.5, 1][at % 3] ?? 0]) {
          const machine = await prepare()
          const { disk } = machine
          const running = boot(machine, { isOff: () => disk.powerIsOff })
          disk.cutPowerAt(disk.operations + at)
          await workOn(running, work, () => disk.powerIsOff)
          if (disk.powerIsOff) cuts++
          running.kill()
          disk.restorePower(keep)
          await recover(machine, work, `operation ${at}, ${keep} of the tails left`)
        }
      }
      t.diagnostic(`${cuts} cuts`)
      assert.ok(cuts > operations / STEP[work] / 2)
    })

    test('by a kill at any statement of the database: nothing is lost, torn, or there twice', async t => {
      let kills = 0
      for (let at = 1; ; at += STEP[work]) {
        const machine = await prepare()
        let left = Number.POSITIVE_INFINITY
        let wasHit = false
        const running = boot(machine, {
          isOff() {
            wasHit ||= --left < 0
            return wasHit
          },
        })
        left = at
        await workOn(running, work, () => wasHit)
        running.kill()
        await recover(machine, work, `statement ${at}`)
        if (!wasHit) break
        kills++
      }
      t.diagnostic(`${kills} kills`)
      assert.ok(kills > 80 / STEP[work])
    })

    test('by a disk that refuses any one operation: it says so or goes on, and the next time ends it', async t => {
      const machine = await prepare()
      const counted = createFailingFiles({ real: machine.disk })
      const whole = boot(machine, { files: counted })
      await workOn(whole, work, () => false)
      await whole.desk.close()
      const operations = counted.operations.length
      let refused = 0
      for (let at = 1; at <= operations; at += STEP[work]) {
        for (const fault of FULL ? FILE_FAULTS : [FILE_FAULTS[at % FILE_FAULTS.length] ?? 'EIO']) {
          const machine = await prepare()
          const files = createFailingFiles({ real: machine.disk })
          const { desk } = boot(machine, { files })
          files.fail(fault, { at })
          const name = `${fault} at operation ${at}`
          await WORK[work](desk.context).catch(error => {
            assert.ok(error instanceof Error, name)
          })
          refused += files.refused.length
          files.lift()
          assertWhole(machine, work, name)
          // The same process goes on.
          await desk.receive({ content: LATE, age: 0 })
          await desk.settled()
          for (const file of FILES) {
            const marks = marksIn(machine.disk.content(join(machine.path, file)) ?? '')
            assert.equal(marks.at(-1), LATE, `${file}, ${name}`)
          }
          await desk.close()
          await recover(machine, work, name)
        }
      }
      t.diagnostic(`${refused} refused`)
      assert.ok(refused > operations / STEP[work] / 2)
    })
  })
}
