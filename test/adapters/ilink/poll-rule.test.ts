import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPollRule, type PollEnd } from '../../../scripts/adapters/ilink/poll-rule.ts'

const answered: PollEnd = { kind: 'answered' }
const timedOut: PollEnd = { kind: 'timeout' }
const failed: PollEnd = { kind: 'failed', reason: 'http_524' }
const loginNeeded: PollEnd = { kind: 'login_needed' }

/** Wait in seconds and state after each. */
function after(ends: readonly PollEnd[], random = 0.5): (readonly [number, string | null])[] {
  const rule = createPollRule({ random: () => random, probeMs: () => 300_000 })
  return ends.map(end => {
    const { waitMs, state } = rule.after(end)
    return [waitMs / 1000, state]
  })
}

test('a failure is tried again after 2 s, each third one after 30 s, and the second one is trouble', () => {
  assert.deepEqual(after([failed, failed, failed, failed, failed, failed]), [
    [2, null],
    [2, 'retrying'],
    [30, 'retrying'],
    [2, 'retrying'],
    [2, 'retrying'],
    [30, 'retrying'],
  ])
})

test('an answer makes the next failure a first one', () => {
  assert.deepEqual(after([failed, failed, answered, failed]).at(-1), [2, null])
})

test('a wait that ends without an answer is an empty poll, and no failure', () => {
  assert.deepEqual(after([failed, timedOut, failed, timedOut, failed]), [
    [2, null],
    [0, null],
    [2, 'retrying'],
    [0, null],
    [30, 'retrying'],
  ])
})

test('three waits in a row without an answer are trouble, until there is one', () => {
  assert.deepEqual(after([timedOut, timedOut, timedOut, timedOut, answered, timedOut]), [
    [0, null],
    [0, null],
    [0, 'degraded'],
    [0, 'degraded'],
    [0, 'connected'],
    [0, null],
  ])
})

test('a token that is refused is tried after 2, 10 and 30 s, then slowly', () => {
  assert.deepEqual(after([loginNeeded, loginNeeded, loginNeeded, loginNeeded, loginNeeded]), [
    [2, 'checking_login'],
    [10, 'checking_login'],
    [30, 'checking_login'],
    [300, 'login_needed'],
    [300, 'login_needed'],
  ])
  const slow = [0, 0.999].map(random => after(Array(4).fill(loginNeeded), random).at(-1)?.[0] ?? 0)
  assert.ok((slow[0] ?? 0) === 225 && (slow[1] ?? 0) > 374, String(slow))
})

test('the server is told once that we are there, when it first refuses the token', () => {
  const rule = createPollRule({ random: () => 0.5, probeMs: () => 300_000 })
  const told = [loginNeeded, loginNeeded, loginNeeded, answered, loginNeeded].map(end => rule.after(end).notify)
  assert.deepEqual(told, [true, false, false, false, true])
})

test('a failure says nothing about a token that was refused', () => {
  assert.deepEqual(after([loginNeeded, failed, loginNeeded]), [
    [2, 'checking_login'],
    [2, 'retrying'],
    [10, 'checking_login'],
  ])
  assert.deepEqual(after([...Array<PollEnd>(4).fill(loginNeeded), failed, timedOut, answered]).slice(-3), [
    [300, 'login_needed'],
    [0, null],
    [0, 'connected'],
  ])
})
