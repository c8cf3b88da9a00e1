import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { viewOf } from '../support/test-daemon.ts'

test('demo --wechat: a login, a friend’s message on the phone, and the quoted reply on the relay', async () => {
  const path = join(temporaryFolder(), 'openwechat_im_client')
  const { code, stdout, stderr } = await runProgram(['demo', '--wechat', '--once', '--lang', 'en', '--data-dir', path])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^ {3}Lumen #2: Are you coming on Friday\?$/m)
  assert.match(stdout, /^ +Yes, at seven\.$/m)
  assert.match(stdout, /^ {3}Lumen reads: Yes, at seven\.$/m)
  assert.match(stdout, /^ {3}Lumen reads: Only yourself!$/m)
  const said = viewOf(path)
    .records()
    .map(({ from, to, content }) => `${(to ?? from)?.address.scheme} ${to == null ? 'in' : 'out'}: ${content}`)
  for (const line of [
    'wechat in: Hello bot, I am here.',
    'relay in: Are you coming on Friday?',
    'wechat out: Lumen #2: Are you coming on Friday?',
    'wechat in: Yes, at seven.',
    'relay out: Yes, at seven.',
  ]) {
    assert.equal(said.filter(one => one === line).length, 1, `${line} in ${said.join('\n')}`)
  }
  // The picture of the code is gone with the login.
  assert.equal(existsSync(join(path, 'login.svg')), false)
})
