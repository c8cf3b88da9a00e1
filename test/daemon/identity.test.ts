import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startScene } from '../support/test-daemon.ts'

describe('the lock of an account', () => {
  test('that can not be made is said, tried again, and does not bring the daemon down', async t => {
    const parent = temporaryFolder()
    const stateFolder = join(parent, 'a-file')
    writeFileSync(stateFolder, '')
    const scene = await startScene(t, { stateFolder })
    await scene.until('said', () => scene.logs.some(one => String(one['msg']).includes('--no-identity-lock')))
    assert.equal(scene.relay.requests.length, 0)
    rmSync(stateFolder)
    await scene.until('connected', () => scene.relay.streams.length === 1, 1000)
  })

  test('is released when another account takes its place', async t => {
    const stateFolder = temporaryFolder()
    const scene = await startScene(t, { stateFolder })
    await scene.until('connected', () => scene.relay.streams.length === 1)
    const other = await startScene(t, { stateFolder, relay: scene.relay, clock: scene.clock })
    await other.until('refused', () => other.logs.some(one => String(one['msg']).includes('another data folder')))
    scene.writeConfig({ base_url: 'http://127.0.0.1:9', token: 'b'.repeat(32) })
    await other.until('taken over', () => other.channel(/SSE_CONNECTED/).length === 1, 1000)
  })
})
