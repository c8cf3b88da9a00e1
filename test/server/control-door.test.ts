import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogger } from '../../scripts/core/logger.ts'
import { askDaemon } from '../../scripts/server/control-client.ts'
import { openControlDoor } from '../../scripts/server/control-door.ts'
import { readControlPlace } from '../../scripts/store/control-place.ts'
import { createDataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function newDoor(runtimeFolder = join(temporaryFolder(), 'run')) {
  const folder = dataFolderAt(join(temporaryFolder(), 'openwechat_im_client'))
  createDataFolder(folder)
  const clock = createFakeClock()
  const logs: { msg: string }[] = []
  const log = createLogger({ clock, level: 'debug', write: line => logs.push(JSON.parse(line)) })
  const perform = async (action: string) => `${action} is done`
  return { folder, logs, open: () => openControlDoor({ folder, runtimeFolder, clock, log, perform }) }
}

async function knock({ folder }: ReturnType<typeof newDoor>): Promise<unknown> {
  const place = readControlPlace(folder)
  assert.ok(place !== null)
  const request = { token: place.token, action: 'this', params: {} }
  return askDaemon(place.socket, request, { signal: new AbortController().signal })
}

test('is in the data folder, and leaves nothing behind', async () => {
  const door = newDoor()
  const control = await door.open()
  assert.ok(existsSync(door.folder.file('daemon.sock')))
  assert.equal(await knock(door), 'this is done')
  await control.close()
  assert.equal(existsSync(door.folder.file('daemon.sock')), false)
  assert.equal(readControlPlace(door.folder), null)
})

test('is in the runtime folder where the data folder can not hold a socket', async () => {
  const door = newDoor()
  mkdirSync(door.folder.file('daemon.sock'))
  const control = await door.open()
  assert.equal(await knock(door), 'this is done')
  await control.close()
})

test('is missed, and said to be, where there is no place for it: everything else goes on', async () => {
  const blocked = join(temporaryFolder(), 'run')
  writeFileSync(blocked, 'a file')
  const door = newDoor(blocked)
  mkdirSync(door.folder.file('daemon.sock'))
  const control = await door.open()
  assert.equal(readControlPlace(door.folder), null)
  assert.deepEqual(door.logs.at(-1)?.msg, 'commands can not reach this daemon')
  await control.close()
})
