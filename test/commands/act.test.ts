import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { act } from '../../scripts/commands/act.ts'
import type { CommandContext } from '../../scripts/commands/command.ts'
import { readEnvironment } from '../../scripts/core/environment.ts'
import { ConfigError, OutcomeUnknownError, RefusedError } from '../../scripts/core/errors.ts'
import { createLogger } from '../../scripts/core/logger.ts'
import { startControlServer } from '../../scripts/server/control.ts'
import { makeControlPlace } from '../../scripts/store/control-place.ts'
import { createDataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { tryOwnFolder } from '../../scripts/store/ownership.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

/** A folder that somebody has, and a command that wants something done in it. */
function scene(t: TestContext) {
  const clock = createFakeClock()
  const folder = dataFolderAt(join(temporaryFolder(), 'data'))
  createDataFolder(folder)
  const lock = tryOwnFolder(folder)
  assert.ok(lock !== null)
  t.after(() => lock.release())
  const log = createLogger({ clock, level: 'silent', write: () => {} })
  const asked: string[] = []
  const interrupted = new AbortController()
  const context = {
    clock,
    log,
    folder: () => folder,
    environment: readEnvironment({}),
    interrupted: interrupted.signal,
  } as unknown as CommandContext
  return {
    clock,
    asked,
    interrupted,
    /** Speaks for the daemon from now on. */
    async daemon(answer: (params: unknown) => Promise<unknown>) {
      const place = makeControlPlace(folder, { runtimeFolder: join(temporaryFolder(), 'run'), where: 'data' })
      const server = await startControlServer({
        path: place.socket,
        token: place.token,
        clock,
        log,
        perform(action, params) {
          asked.push(`${action} ${JSON.stringify(params)}`)
          return answer(params)
        },
      })
      t.after(() => server.close())
      return server
    },
    /** What becomes of it, while time passes. */
    async act(action: string, options: Parameters<typeof act>[3] = {}) {
      let ended = false
      const outcome = act(context, action, { id: 1 }, options)
        .catch((error: unknown) => error)
        .finally(() => {
          ended = true
        })
      await waitFor('an outcome', () => ended, { meanwhile: () => clock.advance(250), everyMs: 1 })
      return outcome
    },
  }
}

describe('a command whose daemon', () => {
  test('answers gets the answer, or the error as it is', async t => {
    const { daemon, act } = scene(t)
    const server = await daemon(async params => params)
    assert.deepEqual(await act('x'), { id: 1 })
    await server.close()
    await daemon(() => Promise.reject(new RefusedError('no', { status: 200 })))
    assert.ok((await act('x')) instanceof RefusedError)
  })

  test('does not listen waits for it, and gives up after half a minute: nothing was asked', async t => {
    const { act, clock, asked } = scene(t)
    const error = await act('block')
    assert.ok(error instanceof ConfigError)
    assert.match(error.message, /Another process already works in/)
    assert.ok(clock.monotonic() >= 30_000)
    assert.deepEqual(asked, [])
  })

  test('starts meanwhile is asked when it listens', async t => {
    const { daemon, act } = scene(t)
    const waiting = act('x')
    await daemon(async () => 'here')
    assert.equal(await waiting, 'here')
  })

  test('goes away in the middle does not know what was done, and does not ask twice', async t => {
    const { daemon, act, asked } = scene(t)
    const server = await daemon(async () => {
      void server.close()
      return new Promise(() => {})
    })
    assert.ok((await act('block')) instanceof OutcomeUnknownError)
    assert.equal(asked.length, 1)
  })

  test('goes away in the middle of what may be repeated is asked again, for the same', async t => {
    const { daemon, act, asked } = scene(t)
    const server = await daemon(async () => {
      await server.close()
      await daemon(async () => 'the same answer')
    })
    assert.equal(await act('send', { repeatable: true }), 'the same answer')
    assert.deepEqual(asked, ['send {"id":1}', 'send {"id":1}'])
  })

  test('goes away and does not come back: it may have been done, however long the command has waited', async t => {
    const { daemon, act, clock } = scene(t)
    const server = await daemon(async () => {
      clock.advance(60_000)
      void server.close()
      return new Promise(() => {})
    })
    const error = await act('send', { repeatable: true })
    assert.ok(error instanceof OutcomeUnknownError, String(error))
    assert.ok(clock.monotonic() >= 60_000 + 35_000)
  })
})

test('a daemon that never answers does not keep a command for ever', async t => {
  const { daemon, act, asked } = scene(t)
  const breakOff = async (): Promise<never> => {
    // Only the connections go; the place stays.
    const server = await running
    await server.close()
    running = daemon(breakOff)
    return new Promise(() => {})
  }
  let running = daemon(breakOff)
  await running
  assert.ok((await act('send', { repeatable: true })) instanceof OutcomeUnknownError)
  assert.ok(asked.length > 1)
})

test('a command that is interrupted ends', async t => {
  const { daemon, act, interrupted, asked } = scene(t)
  await daemon(() => new Promise(() => {}))
  const waiting = act('x')
  await waitFor('it to be asked', () => asked.length === 1)
  interrupted.abort(new DOMException('SIGINT', 'AbortError'))
  assert.match(String(await waiting), /SIGINT/)
})
