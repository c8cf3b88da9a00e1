import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { allFaults, faultByName, faultNames, noFaults } from '../../../scripts/embedded/relay/faults.ts'
import { revisionNamed, revisions } from '../../../scripts/embedded/relay/revisions.ts'
import { ROOT, runProgram, startProgram } from '../../support/child.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { bodyOf, call } from './test-relay.ts'

const timeout = 60_000

test('each fault has a name of its own, and all of them together are the faithful relay', () => {
  const each = faultNames.map(name => faultByName(name))
  for (const one of each) assert.equal(Object.keys(one ?? {}).length, 1)
  assert.deepEqual(Object.assign({}, ...each), allFaults)
  assert.deepEqual(Object.keys(noFaults), Object.keys(allFaults))
  assert.equal(faultByName('deadRegistrations'), null)
  assert.equal(revisionNamed('toString'), null)
})

test('SERVER.md explains every fault and every revision', () => {
  const text = readFileSync(join(ROOT, 'SERVER.md'), 'utf8')
  for (const name of [...faultNames, ...Object.keys(revisions)]) assert.ok(text.includes(`| \`${name}\` |`), name)
})

test('the command refuses a name it does not know, and says which ones there are', { timeout }, async () => {
  for (const [option, known] of [
    ['--fault', 'early-deletion'],
    ['--revision', '7a829b1'],
  ] as const) {
    const { code, stderr } = await runProgram(['relay', option, 'nope'])
    assert.equal(code, 2)
    assert.match(stderr, new RegExp(`^error: ${option} does not know "nope"\\.\n {2}next: Known: .*${known}`))
  }
})

test('the command answers as the revision it is told', { timeout }, async () => {
  const database = join(temporaryFolder(), 'relay.db')
  const child = startProgram(['relay', '--port', '0', '--db', database, '--revision', '2ab01f3'])
  const port = await waitFor('the address', () => Number(/127\.0\.0\.1:(\d+)/.exec(child.stdout())?.[1] ?? 0) || false)
  assert.equal(bodyOf(await call(port, 'GET /heather')), '{"status":"ok"}')
  child.kill('SIGTERM')
  assert.equal(await child.ended, 0)
})
