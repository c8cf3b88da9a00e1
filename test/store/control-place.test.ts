import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { ConfigError } from '../../scripts/core/errors.ts'
import { makeControlPlace, readControlPlace, removeControlPlace } from '../../scripts/store/control-place.ts'
import { createDataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** As a daemon tries it first. */
function placeIn(runtimeFolder: string) {
  return { runtimeFolder, where: 'data' } as const
}

/** @param name longer names make a path that no socket can have */
function place(name = 'data') {
  const parent = temporaryFolder()
  const folder = dataFolderAt(join(parent, name))
  createDataFolder(folder)
  return { parent, folder, runtime: join(parent, 'run') }
}

const LONG = 'x'.repeat(110)

describe('where a daemon can be spoken to', () => {
  test('is in its data folder, and the token is for this user alone', () => {
    const { folder, runtime } = place()
    const made = makeControlPlace(folder, placeIn(runtime))
    assert.equal(made.socket, folder.file('daemon.sock'))
    assert.match(made.token, /^[0-9a-f]{64}$/)
    assert.equal(statSync(folder.file('daemon.token')).mode & 0o777, 0o600)
    assert.deepEqual(readControlPlace(folder), made)
    assert.equal(existsSync(runtime), false)
  })

  test('what a killed daemon left there is replaced, whoever may read it', () => {
    const { folder, runtime } = place()
    const old = makeControlPlace(folder, placeIn(runtime))
    writeFileSync(old.socket, '')
    chmodSync(folder.file('daemon.token'), 0o644)
    const made = makeControlPlace(folder, placeIn(runtime))
    assert.notEqual(made.token, old.token)
    assert.equal(existsSync(made.socket), false)
    assert.equal(statSync(folder.file('daemon.token')).mode & 0o777, 0o600)
  })

  test('a link in the place of the token file is not followed', () => {
    const { folder, runtime, parent } = place()
    const elsewhere = join(parent, 'elsewhere')
    writeFileSync(elsewhere, 'mine')
    symlinkSync(elsewhere, folder.file('daemon.token'))
    makeControlPlace(folder, placeIn(runtime))
    assert.equal(readFileSync(elsewhere, 'utf8'), 'mine')
  })

  test('is gone after the stop', () => {
    const { folder, runtime } = place()
    const made = makeControlPlace(folder, placeIn(runtime))
    writeFileSync(made.socket, '')
    removeControlPlace(folder, made)
    assert.deepEqual([existsSync(made.socket), existsSync(folder.file('daemon.token'))], [false, false])
    assert.equal(readControlPlace(folder), null)
    removeControlPlace(folder, made)
  })

  test('is nowhere while the token file is torn or something else', () => {
    const { folder } = place()
    for (const text of ['', '{"socket":"x"', 'null', '[]', '{"socket":1,"token":"t"}', '{"socket":"s"}']) {
      writeFileSync(folder.file('daemon.token'), text)
      assert.equal(readControlPlace(folder), null, text)
    }
  })
})

describe('a data folder whose path is too long for a socket', () => {
  test('has it in a folder of its own that nobody else may look into', () => {
    const { folder, runtime } = place(LONG)
    const made = makeControlPlace(folder, placeIn(runtime))
    assert.equal(dirname(made.socket), runtime)
    assert.equal(statSync(runtime).mode & 0o777, 0o700)
    assert.deepEqual(readControlPlace(folder), made)
  })

  test('shares that folder with others, and not the name', () => {
    const { folder, runtime, parent } = place(LONG)
    const other = dataFolderAt(join(parent, 'y'.repeat(110)))
    createDataFolder(other)
    assert.notEqual(makeControlPlace(folder, placeIn(runtime)).socket, makeControlPlace(other, placeIn(runtime)).socket)
  })

  test('is measured in bytes', () => {
    const { folder, runtime } = place('文'.repeat(30))
    assert.equal(dirname(makeControlPlace(folder, placeIn(runtime)).socket), runtime)
  })

  const REFUSED: readonly (readonly [string, (path: string, parent: string) => void, RegExp])[] = [
    ['a folder that others may look into', path => mkdirSync(path, { mode: 0o755 }), /not_private/],
    [
      'one that a group may write to',
      path => chmodSync(mkdirSync(path, { recursive: true }) ?? path, 0o720),
      /not_private/,
    ],
    [
      'a link to a folder, wherever it leads',
      (path, parent) => {
        mkdirSync(join(parent, 'private'), { mode: 0o700 })
        symlinkSync(join(parent, 'private'), path)
      },
      /not_private/,
    ],
    ['a file', path => writeFileSync(path, '', { mode: 0o600 }), /not_private/],
  ]
  for (const [what, put, reason] of REFUSED) {
    test(`does not use ${what}`, () => {
      const { folder, runtime, parent } = place(LONG)
      put(runtime, parent)
      assert.throws(
        () => makeControlPlace(folder, placeIn(runtime)),
        error => error instanceof ConfigError && reason.test(error.message) && error.nextStep !== undefined,
      )
      assert.equal(existsSync(folder.file('daemon.token')), false)
    })
  }

  test('and says so where there is no such folder at all, or its path is too long as well', () => {
    const { folder, parent } = place(LONG)
    for (const runtime of [join(parent, 'not', 'there'), join(parent, 'z'.repeat(90))]) {
      assert.throws(() => makeControlPlace(folder, placeIn(runtime)), ConfigError)
    }
  })
})
