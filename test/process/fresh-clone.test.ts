import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { ROOT, start } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** What a clone would hold: everything git does not ignore, as it is now. Without git: everything but packages. */
async function copyOfTheProject(): Promise<string> {
  const target = join(temporaryFolder(), 'openwechat-im-client')
  mkdirSync(target)
  const listing = start('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  if ((await listing.ended) !== 0) {
    cpSync(ROOT, target, { recursive: true, filter: path => !path.includes('node_modules') })
    return target
  }
  for (const name of listing.stdout().split('\0')) {
    if (name === '' || !existsSync(join(ROOT, name))) continue
    mkdirSync(dirname(join(target, name)), { recursive: true })
    cpSync(join(ROOT, name), join(target, name))
  }
  return target
}

/** As on a fresh machine: the Node of the system comes first, not the one that this project brought. */
function pathWithoutProject(): string {
  const entries = (process.env['PATH'] ?? '').split(delimiter)
  return entries.filter(entry => !entry.includes('node_modules')).join(delimiter)
}

test('a fresh copy: npm ci, then npm run demo -- --once', { timeout: 240_000 }, async t => {
  const cwd = await copyOfTheProject()
  assert.equal(existsSync(join(cwd, 'node_modules')), false)
  const env = { PATH: pathWithoutProject(), LANG: 'C', TMPDIR: temporaryFolder(), npm_config_prefer_offline: 'true' }

  const install = start('npm', ['ci'], { cwd, env })
  assert.equal(await install.ended, 0, install.stderr())
  const demo = start('npm', ['run', 'demo', '--', '--once'], { cwd, env })
  assert.equal(await demo.ended, 0, demo.stderr())
  assert.equal(demo.stdout().match(/conversations\.md:\d+$/gm)?.length, 10, demo.stdout())
  t.diagnostic(/^10 messages, .*$/m.exec(demo.stdout())?.[0] ?? '')

  // Nothing is written into the skill folder at run time.
  const changed = start(
    'find',
    [cwd, '-newer', join(cwd, 'node_modules', '.package-lock.json'), '-type', 'f', '-not', '-path', '*/node_modules/*'],
    { cwd, env },
  )
  await changed.ended
  assert.equal(changed.stdout(), '')
})
