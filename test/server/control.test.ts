import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { AppError, RefusedError, StorageError, UsageError } from '../../scripts/core/errors.ts'
import { createLogger } from '../../scripts/core/logger.ts'
import { type ControlCall, startControlServer } from '../../scripts/server/control.ts'
import { askDaemon, BrokenOffError, NobodyThereError } from '../../scripts/server/control-client.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { turns, waitFor } from '../support/wait-for.ts'

const TOKEN = 'f'.repeat(64)

type Perform = (action: string, params: unknown, call: ControlCall) => Promise<unknown>

/** A server that does what the test says, and whoever wants to speak to it. */
async function startServer(t: TestContext, perform: Perform = async (action, params) => ({ action, params })) {
  const clock = createFakeClock()
  const logs: string[] = []
  const asked: string[] = []
  const path = join(temporaryFolder(), 'daemon.sock')
  const server = await startControlServer({
    path,
    token: TOKEN,
    clock,
    log: createLogger({ clock, level: 'debug', write: line => logs.push(line) }),
    perform(action, params, call) {
      asked.push(action)
      return perform(action, params, call)
    },
  })
  t.after(() => server.close())
  const never = new AbortController().signal
  return {
    server,
    clock,
    logs,
    asked,
    path,
    ask: (action: string, params: unknown = {}, options: Partial<Parameters<typeof askDaemon>[2]> = {}) =>
      askDaemon(path, { token: TOKEN, action, params }, { signal: never, ...options }),
    /** A connection that says what it likes. */
    async connect() {
      const socket = createConnection({ path, allowHalfOpen: true })
      t.after(() => socket.destroy())
      await once(socket, 'connect')
      const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
      socket.on('error', () => undefined)
      let heard = ''
      socket.on('data', data => {
        heard += String(data)
      })
      return { socket, closed, heard: () => heard }
    },
  }
}

/** Says it, and hangs up when the server does. */
async function say(socket: Socket, text: string): Promise<void> {
  socket.write(text)
  await once(socket, 'end')
  socket.end()
}

function line(request: Record<string, unknown>): string {
  return `${JSON.stringify(request)}\n`
}

describe('the control socket', () => {
  test('answers what it is asked, with its progress on the way', async t => {
    const { ask } = await startServer(t, async (action, params, { progress }) => {
      for (let done = 1; done <= 3; done++) progress({ done, total: 3 })
      return { action, params }
    })
    const heard: number[] = []
    const params = { text: 'line\nbreak 😀', nested: [null, 1.5] }
    const result = await ask('send', params, { onProgress: ({ done }) => heard.push(done) })
    assert.deepEqual(result, { action: 'send', params })
    assert.deepEqual(heard, [1, 2, 3])
  })

  test('an action that gives nothing gives null', async t => {
    const { ask } = await startServer(t, async () => undefined)
    assert.equal(await ask('x'), null)
  })

  test('an answer of two megabytes arrives whole', async t => {
    const page = '页😀\n'.repeat(300_000)
    const { ask } = await startServer(t, async () => page)
    assert.equal(await ask('homepage-get'), page)
  })

  test('errors come out of it as they went in, with both languages', async t => {
    const text = { en: 'no', zh: '不' }
    const refused = new RefusedError(text, { status: 409, nextStep: { en: 'next', zh: '下一步' } })
    const { ask } = await startServer(t, () => Promise.reject(refused))
    await assert.rejects(ask('x'), error => {
      assert.ok(error instanceof RefusedError)
      assert.deepEqual([error.text, error.nextStep, error.status], [text, refused.nextStep, 409])
      return true
    })
  })

  test('a fault of ours is logged with its place, and told without its words', async t => {
    const { ask, logs } = await startServer(t, () => Promise.reject(new Error('secret detail')))
    await assert.rejects(ask('x'), error => error instanceof StorageError && /Its log says more/.test(error.message))
    assert.match(logs.join(''), /an action failed/)
    assert.doesNotMatch(logs.join(''), /secret detail/)
  })
})

describe('who has no business at the control socket', () => {
  const REQUEST = { token: TOKEN, action: 'send', params: {} }
  const STRANGERS = [
    ['with a wrong token', line({ ...REQUEST, token: 'e'.repeat(64) })],
    ['with half of the token', line({ ...REQUEST, token: TOKEN.slice(1) })],
    ['with more than the token', line({ ...REQUEST, token: `${TOKEN}f` })],
    ['without a token', line({ action: 'send', params: {} })],
    ['with a token that is no text', line({ ...REQUEST, token: [TOKEN] })],
    ['with an action that is no text', line({ ...REQUEST, action: null })],
    ['who says null', 'null\n'],
    ['who says a list', '[1,2]\n'],
    ['who says an empty line', '\n'],
    ['who speaks HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['who says bytes that are no text', '\ufffd\u0000\u0001\u0002\n'],
    ['who nests without end', `${'['.repeat(100_000)}\n`],
  ] as const
  for (const [who, text] of STRANGERS) {
    test(`${who} is not answered, and nothing is done`, async t => {
      const { connect, asked, logs, ask } = await startServer(t)
      const { socket, heard } = await connect()
      await say(socket, text)
      assert.equal(heard(), '')
      assert.deepEqual(asked, [])
      assert.match(logs.join(''), /somebody without the token/)
      assert.doesNotMatch(logs.join(''), /[ef]{32}/)
      await ask('still there')
    })
  }

  test('who says a megabyte without a line end is cut off', async t => {
    const { connect, asked, ask } = await startServer(t)
    const { socket, closed, heard } = await connect()
    for (let i = 0; i < 16 && !socket.destroyed; i++) socket.write('x'.repeat(64 * 1024))
    await closed
    assert.equal(heard(), '')
    assert.deepEqual(asked, [])
    await ask('still there')
  })

  test('who says nothing for ten seconds is cut off', async t => {
    const { connect, clock, ask } = await startServer(t)
    const { socket } = await connect()
    // The server has taken it when it answers somebody who came later.
    await ask('x')
    const ended = once(socket, 'end')
    clock.advance(9_999)
    await turns()
    assert.equal(socket.readableEnded, false)
    clock.advance(1)
    await ended
    await ask('still there')
  })

  test('who sends a byte now and then gets no more time', async t => {
    const { connect, clock, ask } = await startServer(t)
    const { socket } = await connect()
    await ask('x')
    const ended = once(socket, 'end')
    for (let second = 0; second < 10; second++) {
      socket.write('{')
      await turns(3)
      clock.advance(1000)
    }
    await ended
  })

  test('who says half a request and goes is forgotten', async t => {
    const { connect, clock, asked, ask } = await startServer(t)
    const { socket, closed } = await connect()
    socket.end(line(REQUEST).slice(0, -1))
    await once(socket, 'end')
    await closed
    assert.equal(clock.pending(), 0)
    assert.deepEqual(asked, [])
    await ask('still there')
  })

  test('a second request on the same connection is not heard', async t => {
    const { connect, asked } = await startServer(t)
    const { socket, heard } = await connect()
    await say(socket, `${line(REQUEST)}${line({ ...REQUEST, action: 'block' })}`)
    assert.deepEqual(asked, ['send'])
    assert.equal(heard().split('\n').length, 2)
  })
})

describe('a command that goes away', () => {
  /** Does not end before somebody aborts it. */
  const endless: Perform = (_, __, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

  for (const [how, leave] of [
    ['by ending', (socket: Socket) => socket.destroy()],
    ['by hanging up in order', (socket: Socket) => socket.end()],
  ] as const) {
    test(`${how}: whoever works for it is told, and the others go on`, async t => {
      let aborted = false
      const { connect, asked, ask, logs, clock } = await startServer(t, (action, params, call) => {
        if (action !== 'endless') return Promise.resolve('done')
        call.signal.addEventListener('abort', () => {
          aborted = true
        })
        return endless(action, params, call)
      })
      const { socket } = await connect()
      socket.write(line({ token: TOKEN, action: 'endless', params: {} }))
      await waitFor('it to be asked', () => asked.length === 1)
      leave(socket)
      await waitFor('it to be told', () => aborted)
      assert.equal(await ask('other'), 'done')
      assert.deepEqual(logs, [])
      assert.equal(clock.pending(), 0)
    })
  }

  test('aborts the work in the daemon, and only its own', async t => {
    const aborted: string[] = []
    const { ask, asked } = await startServer(t, (action, _, { signal }) => {
      const { promise, reject } = Promise.withResolvers<never>()
      signal.addEventListener('abort', () => {
        aborted.push(action)
        reject(signal.reason)
      })
      return promise
    })
    const stop = new AbortController()
    const first = ask('first', {}, { signal: stop.signal })
    const second = ask('second').catch(error => error)
    await waitFor('both to be asked', () => asked.length === 2)
    stop.abort(new DOMException('interrupted', 'AbortError'))
    await assert.rejects(first, /interrupted/)
    await waitFor('the work to be aborted', () => aborted.length > 0)
    assert.deepEqual(aborted, ['first'])
    void second
  })

  test('and a daemon that does: the command is told that nobody answered', async t => {
    const { ask, asked, server } = await startServer(t, endless)
    const waiting = ask('endless')
    await waitFor('it to be asked', () => asked.length === 1)
    await Promise.all([assert.rejects(waiting, BrokenOffError), server.close()])
  })
})

describe('many commands at once', () => {
  test('three hundred: each gets its own answer, or none; none is lost half way', async t => {
    const { ask, asked } = await startServer(t)
    const outcomes = await Promise.allSettled(Array.from({ length: 300 }, (_, i) => ask('x', { i })))
    let answered = 0
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') {
        answered++
        assert.deepEqual(outcome.value, { action: 'x', params: { i } })
      } else {
        assert.ok(outcome.reason instanceof BrokenOffError || outcome.reason instanceof NobodyThereError)
      }
    }
    assert.equal(answered, asked.length)
    assert.ok(answered >= 256)
    await ask('still there')
  })

  test('whoever waits without end takes no more than 256 places, and gives them back', async t => {
    const { connect, ask } = await startServer(t)
    const silent = await Promise.all(Array.from({ length: 256 }, () => connect()))
    await assert.rejects(ask('x'), BrokenOffError)
    for (const { socket } of silent) socket.destroy()
    await waitFor('a place', () =>
      ask('x').then(
        () => true,
        () => false,
      ),
    )
  })
})

describe('where nobody listens', () => {
  test('no socket, a stale file and a dead one are all told apart from an answer', async t => {
    const { ask, server, path } = await startServer(t)
    await server.close()
    await assert.rejects(ask('x'), NobodyThereError)
    writeFileSync(path, '')
    await assert.rejects(ask('x'), NobodyThereError)
  })

  test('the errors of usage stay errors of usage', async t => {
    const { ask } = await startServer(t, () => Promise.reject(new UsageError('wrong')))
    await assert.rejects(ask('x'), error => error instanceof AppError && error instanceof UsageError)
  })
})
