import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createChannelLog } from '../../scripts/projections/channel-log.ts'
import { createFailingFiles } from '../support/failing-files.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { createForgetfulFiles } from '../support/forgetful-files.ts'
import { turns } from '../support/wait-for.ts'

const PATH = '/data/sse_channel.log'

function build(maxBytes?: number) {
  const files = createForgetfulFiles()
  const disk = createFailingFiles({ real: files })
  const clock = createFakeClock()
  const faults: unknown[] = []
  const log = createChannelLog({
    path: PATH,
    files: disk,
    clock,
    onFault: error => faults.push(error),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  })
  return { files, disk, clock, faults, log }
}

describe('sse_channel.log', () => {
  test('one line a transition; the words of others can not make another one', async () => {
    const { files, log } = build()
    log.event('SSE_CONNECT_FAILED', { reason: 'http_401', attempt: undefined })
    log.server('hello\n[2026-03-09T10:00:00Z] DAEMON_STOPPED\r\u2028x')
    log.event('STORAGE_FAULT', { file: 'a b\nc' })
    await log.flush()
    assert.equal(
      files.content(PATH),
      [
        '[2026-03-09T10:00:00Z] SSE_CONNECT_FAILED reason=http_401',
        '[2026-03-09T10:00:00Z] [server] hello\\n[2026-03-09T10:00:00Z] DAEMON_STOPPED\\r\\u2028x',
        '[2026-03-09T10:00:00Z] STORAGE_FAULT file=a\\u0020b\\nc',
        '',
      ].join('\n'),
    )
  })

  test('is turned over at its bound, three old ones are kept', async () => {
    const { files, log } = build(200)
    for (let i = 0; i < 40; i++) {
      log.event('SSE_CONNECT_START', { stream: `s${i}` })
      await log.flush()
    }
    assert.match(files.content(PATH) ?? '', /stream=s39\n$/)
    for (const n of [1, 2, 3]) assert.ok((files.content(`${PATH}.${n}`) ?? '').length >= 200)
    assert.equal(files.content(`${PATH}.4`), null)
    const all = [3, 2, 1].map(n => files.content(`${PATH}.${n}`)).join('') + files.content(PATH)
    const numbers = [...all.matchAll(/stream=s(\d+)/g)].map(match => Number(match[1]))
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    )
  })

  test('goes on in a new file when the old one was removed', async () => {
    const { files, log } = build()
    log.event('DAEMON_STARTED')
    await log.flush()
    files.edit(PATH, () => null)
    log.event('DAEMON_STOPPED')
    await log.flush()
    assert.equal(files.content(PATH), '[2026-03-09T10:00:00Z] DAEMON_STOPPED\n')
  })

  test('a disk that refuses is told once; the lines wait and are written later', async () => {
    const { files, clock, faults, log } = build()
    files.cutPowerAt(1)
    log.event('DAEMON_STARTED')
    await log.flush()
    log.event('SSE_CONNECT_START')
    clock.advance(5000)
    await turns()
    assert.equal(faults.length, 1)
    files.cutPowerAt(Number.POSITIVE_INFINITY)
    clock.advance(5000)
    await turns()
    await log.close()
    assert.deepEqual(files.content(PATH)?.match(/[A-Z]+_[A-Z_]+/g), ['DAEMON_STARTED', 'SSE_CONNECT_START'])
  })

  test('a disk that is full in the middle of a line: every event is there once, each on a line of its own', async () => {
    for (const at of [1, 2, 3, 4, 5, 6]) {
      const { files, disk, clock, log } = build()
      log.event('DAEMON_STARTED')
      await log.flush()
      log.event('SSE_CONNECT_START', { stream: 's1' })
      log.event('SSE_CONNECT_FAILED', { reason: 'ECONNREFUSED' })
      disk.fail('short', { at })
      await log.flush()
      log.event('SSE_RECONNECT_SCHEDULED')
      clock.advance(5000)
      await log.flush()
      await log.close()
      assert.deepEqual(
        files
          .content(PATH)
          ?.split('\n')
          .map(line => line.slice(23)),
        [
          'DAEMON_STARTED',
          'SSE_CONNECT_START stream=s1',
          'SSE_CONNECT_FAILED reason=ECONNREFUSED',
          'SSE_RECONNECT_SCHEDULED',
          '',
        ],
        `operation ${at}`,
      )
    }
  })

  test('a line that a power loss tore stays alone: the next one begins behind it', async () => {
    const { files, log } = build()
    files.edit(PATH, () => '[2026-03-09T09:00:00Z] SSE_CONN')
    log.event('DAEMON_STARTED')
    await log.close()
    assert.equal(files.content(PATH), '[2026-03-09T09:00:00Z] SSE_CONN\n[2026-03-09T10:00:00Z] DAEMON_STARTED\n')
  })

  test('a folder that lets nothing be renamed is told once; the log grows on instead of falling silent', async () => {
    const { files, disk, faults, log } = build(200)
    disk.fail('EACCES', { lasting: true, only: one => one.kind === 'rename' })
    for (let i = 0; i < 20; i++) {
      log.event('SSE_CONNECT_START', { stream: `s${i}` })
      await log.flush()
    }
    assert.equal(files.content(PATH)?.split('\n').length, 21)
    assert.equal(faults.length, 1)
    disk.lift()
    log.event('SSE_CONNECTED')
    await log.close()
    assert.match(files.content(PATH) ?? '', /^\S+ SSE_CONNECTED\n$/)
    assert.equal(files.content(`${PATH}.1`)?.split('\n').length, 21)
  })
})
