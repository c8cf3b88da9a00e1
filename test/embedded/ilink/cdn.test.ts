import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { waitFor } from '../../support/wait-for.ts'
import {
  type Answered,
  announcement,
  call,
  download,
  encrypted,
  type File,
  paramUrl,
  textIn,
  upload,
} from './client.ts'
import { assertNoViolations, type BoundSimulator, rulesBroken, startBound } from './test-simulator.ts'

const timeout = 20_000

const SMALL = Buffer.from('a small file, and no more')

async function announce(test: BoundSimulator, file: File, more: object = {}): Promise<Answered> {
  return call(test.who, 'getuploadurl', { ...announcement(file, test.user, 3), ...more })
}

function fullUrlOf(answer: Answered): string {
  return textIn(answer, 'upload_full_url')
}

function paramUrlOf({ simulator }: BoundSimulator, file: File, answer: Answered): string {
  return paramUrl(simulator.cdnUrl, textIn(answer, 'upload_param'), file.filekey)
}

test('an upload by the full URL and one by the parameter are kept, and come back as they were', {
  timeout,
}, async t => {
  const test = await startBound(t)
  for (const form of ['full', 'param'] as const) {
    const file = encrypted(SMALL)
    const answer = await announce(test, file)
    const done = await upload(form === 'full' ? fullUrlOf(answer) : paramUrlOf(test, file, answer), file.cipher)
    assert.equal(done.status, 200)
    const param = encodeURIComponent(done.headers.get('x-encrypted-param') ?? '')
    const { bytes } = await download(`${test.simulator.cdnUrl}/download?encrypted_query_param=${param}`)
    assert.deepEqual(bytes, file.cipher)
  }
  assertNoViolations(test)
})

test('getuploadurl gives the full URL, the parameter, both, or neither with ret -2', { timeout }, async t => {
  const test = await startBound(t)
  const keysWith = async (uploadAnswer: 'both' | 'full' | 'param' | 'neither') => {
    test.controls.set({ uploadAnswer })
    return Object.keys((await announce(test, encrypted(SMALL))).json)
  }
  assert.deepEqual(await keysWith('both'), ['ret', 'upload_full_url', 'upload_param'])
  assert.deepEqual(await keysWith('full'), ['ret', 'upload_full_url'])
  assert.deepEqual(await keysWith('param'), ['ret', 'upload_param'])
  assert.deepEqual(await keysWith('neither'), ['ret', 'errmsg'])
})

test('a recipient that is not a real user gives ret -1', { timeout }, async t => {
  const test = await startBound(t)
  const { json } = await announce(test, encrypted(SMALL), { to_user_id: 'dummy' })
  assert.equal(json['ret'], -1)
  assert.deepEqual(rulesBroken(test), ['recipient-unknown'])
})

const WRONG_FIELDS: readonly object[] = [
  { filekey: 'short' },
  { media_type: 5 },
  { media_type: '3' },
  { rawsize: -1 },
  { rawfilemd5: createHash('md5').update(SMALL).digest('hex').toUpperCase() },
  { filesize: SMALL.length },
  { aeskey: Buffer.alloc(16).toString('base64') },
]

for (const wrong of WRONG_FIELDS) {
  test(`getuploadurl refuses ${JSON.stringify(wrong)}`, { timeout }, async t => {
    const test = await startBound(t)
    assert.equal((await announce(test, encrypted(SMALL), wrong)).json['ret'], -3)
    assert.deepEqual(rulesBroken(test), ['upload-field'])
  })
}

for (const [size, announced] of [
  [0, 16],
  [15, 16],
  [16, 32],
  [12_345, 12_352],
] as const) {
  test(`the announced size of ${size} bytes is ${announced}`, { timeout }, async t => {
    const test = await startBound(t)
    const file = encrypted(Buffer.alloc(size))
    assert.equal((await announce(test, file, { filesize: announced })).json['ret'], 0)
    assertNoViolations(test)
  })
}

test('a filekey is good for one announcement and one upload', { timeout }, async t => {
  const test = await startBound(t)
  const file = encrypted(SMALL)
  const answer = await announce(test, file)
  assert.equal((await announce(test, file)).json['ret'], -3)
  assert.equal((await upload(fullUrlOf(answer), file.cipher)).status, 200)
  const again = await upload(fullUrlOf(answer), file.cipher)
  assert.equal(again.status, 400)
  assert.match(again.headers.get('x-error-message') ?? '', /used/)
  assert.deepEqual(rulesBroken(test), ['filekey-used', 'upload-again'])
})

/** What is sent instead of what was announced. */
const WRONG_BYTES: readonly (readonly [name: string, bytes: (file: File) => Buffer, says: RegExp])[] = [
  ['another length', ({ cipher }) => Buffer.concat([cipher, Buffer.alloc(16)]), /filesize/],
  ['another key', ({ plain }) => encrypted(plain).cipher, /decrypt/],
  ['a shorter text under the same length', ({ key }) => encrypted(SMALL.subarray(1), key).cipher, /rawsize/],
  ['another text of the same length', ({ key }) => encrypted(Buffer.alloc(SMALL.length, 1), key).cipher, /MD5/],
]

for (const [name, bytes, says] of WRONG_BYTES) {
  test(`an upload is verified: ${name}`, { timeout }, async t => {
    const test = await startBound(t)
    const file = encrypted(SMALL)
    const refused = await upload(fullUrlOf(await announce(test, file)), bytes(file))
    assert.equal(refused.status, 400)
    assert.match(refused.headers.get('x-error-message') ?? '', says)
    assert.deepEqual(rulesBroken(test), ['upload-bytes'])
  })
}

test('an upload is a POST of an octet stream under a known filekey', { timeout }, async t => {
  const test = await startBound(t)
  const file = encrypted(SMALL)
  const url = fullUrlOf(await announce(test, file))
  assert.equal((await upload(url, file.cipher, { method: 'PUT' })).status, 405)
  assert.equal((await upload(url, file.cipher, { headers: { 'Content-Type': 'image/png' } })).status, 400)
  assert.equal((await upload(paramUrl(test.simulator.cdnUrl, 'x', 'y'), file.cipher)).status, 400)
  assert.equal((await upload(url, file.cipher)).status, 200)
  assert.deepEqual(rulesBroken(test), ['unknown-route', 'upload-type', 'upload-unknown'])
})

test('above 64 KB the form with the parameter fails with 500, the full URL does not', { timeout }, async t => {
  const test = await startBound(t)
  const file = encrypted(Buffer.alloc(64 * 1024))
  const answer = await announce(test, file)
  assert.equal((await upload(paramUrlOf(test, file, answer), file.cipher)).status, 500)
  assert.equal((await upload(fullUrlOf(answer), file.cipher)).status, 200)
})

test('a thumbnail that is wanted has a parameter of its own', { timeout }, async t => {
  const test = await startBound(t)
  const file = encrypted(SMALL)
  const thumb = encrypted(Buffer.from('thumb'), file.key)
  const answer = await announce(test, file, {
    no_need_thumb: false,
    thumb_rawsize: thumb.plain.length,
    thumb_rawfilemd5: createHash('md5').update(thumb.plain).digest('hex'),
    thumb_filesize: thumb.cipher.length,
  })
  const url = paramUrl(test.simulator.cdnUrl, textIn(answer, 'thumb_upload_param'), file.filekey)
  assert.equal((await upload(url, thumb.cipher)).status, 200)
  assert.equal((await upload(fullUrlOf(answer), file.cipher)).status, 200)
  assertNoViolations(test)
})

test('the faults of an upload leave the filekey unused, so that the retry succeeds', { timeout }, async t => {
  const test = await startBound(t)
  const { controls } = test
  const file = encrypted(SMALL)
  const url = fullUrlOf(await announce(test, file))
  controls.fault({ route: 'upload', fault: { kind: 'http', status: 500 }, times: 2 })
  for (let i = 0; i < 2; i++) assert.equal((await upload(url, file.cipher)).status, 500)
  const headers = { 'x-error-message': 'not today' }
  controls.fault({ route: 'upload', fault: { kind: 'http', status: 403, headers } })
  assert.equal((await upload(url, file.cipher)).headers.get('x-error-message'), 'not today')
  for (const status of [200, 201]) {
    controls.fault({ route: 'upload', fault: { kind: 'http', status } })
    const answer = await upload(url, file.cipher)
    assert.deepEqual([answer.status, answer.headers.get('x-encrypted-param')], [status, null])
  }
  controls.fault({ route: 'upload', fault: { kind: 'reset' } })
  await assert.rejects(upload(url, file.cipher))
  assert.equal((await upload(url, file.cipher)).status, 200)
  assertNoViolations(test)
})

test('the faults of a download: 404, 500, truncated, wrong bytes, slow', { timeout }, async t => {
  const test = await startBound(t)
  const { controls } = test
  const file = encrypted(SMALL)
  const done = await upload(fullUrlOf(await announce(test, file)), file.cipher)
  const param = encodeURIComponent(done.headers.get('x-encrypted-param') ?? '')
  const url = `${test.simulator.cdnUrl}/download?encrypted_query_param=${param}`
  for (const status of [404, 500]) {
    controls.fault({ route: 'download', fault: { kind: 'http', status } })
    assert.equal((await download(url)).status, status)
  }
  controls.fault({ route: 'download', fault: { kind: 'truncated' } })
  assert.equal((await download(url)).bytes.length, file.cipher.length / 2)
  controls.fault({ route: 'download', fault: { kind: 'half' } })
  await assert.rejects(download(url))
  controls.fault({ route: 'download', fault: { kind: 'wrong bytes' } })
  const wrong = await download(url)
  assert.equal(wrong.bytes.length, file.cipher.length)
  assert.notDeepEqual(wrong.bytes, file.cipher)
  controls.fault({ route: 'download', fault: { kind: 'slow', pieces: 2, everyMs: 60_000 } })
  let bytes: Buffer | undefined
  const slow = download(url).then(answer => {
    bytes = answer.bytes
  })
  await controls.until(() => controls.requests('download').length === 6)
  test.clock.advance(60_000)
  assert.equal(bytes, undefined)
  await waitFor('the last piece', () => bytes !== undefined, { meanwhile: () => test.clock.advance(60_000) })
  await slow
  assert.deepEqual(bytes, file.cipher)
})

test('set so, a file can not be fetched any more after its life', { timeout }, async t => {
  const test = await startBound(t, { settings: { mediaLifeMs: 1000 } })
  const file = encrypted(SMALL)
  const done = await upload(fullUrlOf(await announce(test, file)), file.cipher)
  const param = encodeURIComponent(done.headers.get('x-encrypted-param') ?? '')
  const url = `${test.simulator.cdnUrl}/download?encrypted_query_param=${param}`
  assert.equal((await download(url)).status, 200)
  test.controls.advance(1001)
  assert.equal((await download(url)).status, 404)
})
