import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findRelay } from '../../../scripts/adapters/relay/probe.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { answer } from '../../support/scripted-relay.ts'

const ANSWERS = [
  ['{"status":"ok"}', 'ok', /reachable/],
  // RC §11: with status 200, and for every endpoint.
  ['错误：请求过于频繁，请稍后再试。', 'warning', /asks for fewer requests/],
  ['<html>welcome</html>', 'fault', /no openwechat-claw relay/],
] as const

for (const [body, level, text] of ANSWERS) {
  test(`a health that says ${body} is ${level}`, async () => {
    const network = { clock: createFakeClock(), signal: new AbortController().signal, fetch: async () => answer(body) }
    const found = await findRelay('http://127.0.0.1:9', network)
    assert.equal(found.level, level)
    assert.match(found.text.en, text)
  })
}
