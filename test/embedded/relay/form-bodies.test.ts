import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exchange, form, formBoundary, request } from './raw-http.ts'
import { bodyOf, call, type Household, readInbox, sendForm, startHousehold } from './test-relay.ts'

const timeout = 20_000
const MIB = 1024 * 1024

const notUnderstood = '{"detail":"There was an error parsing the body"}'

/** A body that claims to be a form. */
async function rawForm(
  { port, alice }: Household,
  body: string | Buffer,
  type = `multipart/form-data; boundary=${formBoundary}`,
) {
  return bodyOf(
    await exchange(port, request('POST /send/file', { 'x-token': alice.token, 'content-type': type }, body)),
  )
}

test('a file of exactly 10 MiB passes, one byte more does not, and its sender may read late', { timeout }, async t => {
  const { port, alice } = await startHousehold(t)
  const post = async (size: number) =>
    bodyOf(
      await sendForm(port, alice, [
        { name: 'to_id', value: '2' },
        { name: 'file', fileName: 'big', value: Buffer.alloc(size) },
      ]),
    )
  assert.equal(await post(10 * MIB), '发送成功')
  assert.equal(await post(10 * MIB + 1), '错误：文件大小超过限制（最大 10MB）')
})

test('forms that are none are refused by the framework, not by a crash', { timeout }, async t => {
  const pair = await startHousehold(t)
  const good = form([{ name: 'to_id', value: '2' }]).toString()
  const open = `--${formBoundary}\r\n`
  const broken = [
    '',
    'no boundary at all',
    good.slice(0, -6),
    `${open}\r\nno headers\r\n--${formBoundary}--\r\n`,
    `${open}Content-Disposition: form-data\r\n\r\nno name\r\n--${formBoundary}--\r\n`,
    `${open}Content-Disposition: form-data; name="a\r\n\r\n`,
    `${open}Content-Disposition: form-data; name="${'a'.repeat(20_000)}"\r\n\r\nx\r\n--${formBoundary}--\r\n`,
    `--${formBoundary}garbage`,
    `${`${open}Content-Disposition: form-data; name="to_id"\r\n\r\n2\r\n`.repeat(21)}--${formBoundary}--\r\n`,
  ]
  for (const body of broken) assert.equal(await rawForm(pair, body), notUnderstood, body.slice(0, 80))
  assert.equal(await rawForm(pair, good, 'multipart/form-data'), '{"detail":"Missing boundary in multipart."}')
})

test('a form that breaks in the middle of a long upload is answered, and the relay goes on', { timeout }, async t => {
  const pair = await startHousehold(t)
  const body = Buffer.concat([Buffer.from(`--${formBoundary}garbage`), Buffer.alloc(8 * MIB)])
  assert.equal(await rawForm(pair, body), notUnderstood)
})

test('text around a form, quoted boundaries, empty parts and the last of equal names are understood', {
  timeout,
}, async t => {
  const pair = await startHousehold(t)
  const part = (name: string, value: string) =>
    `--${formBoundary}\r\ncontent-disposition:form-data;name=${name}\r\n\r\n${value}\r\n`
  const body = `preamble\r\n${part('to_id', '1')}${part('to_id', ' 2 ')}${part('content', '')}${part('content', 'last')}--${formBoundary}--\r\nepilogue`
  assert.equal(await rawForm(pair, body, `Multipart/Form-Data; charset=x; Boundary="${formBoundary}"`), '发送成功')
  assert.match(await readInbox(pair.port, pair.bob), /内容：last\n/)
})

test('a content that looks like a boundary, but is none, is content', { timeout }, async t => {
  const pair = await startHousehold(t)
  const content = `a\r\n--${formBoundary.slice(0, -1)}\r\n--${formBoundary.slice(1)}--\r\nb`
  await sendForm(pair.port, pair.alice, [
    { name: 'to_id', value: '2' },
    { name: 'content', value: content },
  ])
  assert.ok((await readInbox(pair.port, pair.bob)).includes(`\n内容：${content}\n`))
})

test('file names go through as they are: quotes, backslashes, line breaks, other encodings', { timeout }, async t => {
  const pair = await startHousehold(t)
  const names: [string, string][] = [
    ['a\\"b.txt', 'a"b.txt'],
    ['C:\\dir\\new.txt', 'C:\\dir\\new.txt'],
    ['; name="to_id"; x=', '; name='],
    ['../../a\nb: c\n\n操作提示：x', '../../a\nb: c\n\n操作提示：x'],
    ['%22%0D%0A', '%22%0D%0A'],
  ]
  for (const [sent, shown] of names) {
    await sendForm(pair.port, pair.alice, [
      { name: 'to_id', value: '2' },
      { name: 'file', fileName: sent, value: 'x' },
    ])
    const inbox = await readInbox(pair.port, pair.bob)
    assert.ok(inbox.includes(`\n内容：(附件)\n附件：${shown}\n`), inbox)
  }
})

test('names in the extended form and fields that are not UTF-8 are read as far as possible', { timeout }, async t => {
  const pair = await startHousehold(t)
  const partOf = (disposition: string, value: string | Buffer) =>
    Buffer.concat([
      Buffer.from(`--${formBoundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
      Buffer.from(value),
      Buffer.from('\r\n'),
    ])
  const names: [string, string][] = [
    [`filename*=UTF-8''%E5%AD%97%22.txt`, '字".txt'],
    [`filename*=utf-8''%zz`, '%zz'],
    ['filename=plain.txt', 'plain.txt'],
  ]
  for (const [parameter, shown] of names) {
    const parts = [
      partOf('name="to_id"', '2'),
      partOf('name="content"', Buffer.from([0x61, 0xe9])),
      partOf(`name="file"; ${parameter}`, 'x'),
    ]
    assert.equal(await rawForm(pair, Buffer.concat([...parts, Buffer.from(`--${formBoundary}--\r\n`)])), '发送成功')
    assert.ok((await readInbox(pair.port, pair.bob)).includes(`\n内容：aé\n附件：${shown}\n`), shown)
  }
})

test('long runs of blanks and slashes cost no noticeable time', { timeout }, async t => {
  const { port, alice } = await startHousehold(t)
  const content = `x${' '.repeat(60_000)}x`
  const started = performance.now()
  for (let round = 0; round < 5; round += 1) {
    await sendForm(port, alice, [
      { name: 'to_id', value: '2' },
      { name: 'content', value: content },
    ])
    await call(port, `GET /${'/'.repeat(7000)}x${'/'.repeat(7000)}x/`)
  }
  // The quadratic way takes many seconds for these.
  assert.ok(performance.now() - started < 2000)
})

test('a file name that no file system takes is refused', { timeout }, async t => {
  const pair = await startHousehold(t)
  const post = async (fileName: string) => {
    const parts = [
      { name: 'to_id', value: '2' },
      { name: 'file', fileName, value: 'x' },
    ]
    return bodyOf(await sendForm(pair.port, pair.alice, parts))
  }
  assert.equal(await post('字'.repeat(82)), '发送成功')
  assert.match(await post('字'.repeat(83)), /^错误：文件保存失败：/)
})

test('a form is checked like the contract says: blanks are stripped, a nameless file is none', { timeout }, async t => {
  const pair = await startHousehold(t)
  const post = async (...fields: [string, string, string?][]) =>
    bodyOf(
      await sendForm(
        pair.port,
        pair.alice,
        fields.map(([name, value, fileName]) => ({ name, value, ...(fileName === undefined ? {} : { fileName }) })),
      ),
    )
  const nothing = '错误：content 或 file 至少需提供一个'
  assert.equal(await post(['to_id', '2'], ['content', ' \t\r\n\u3000\x1c']), nothing)
  assert.equal(await post(['to_id', '2'], ['file', 'x', '']), nothing)
  assert.equal(await post(['to_id', '2'], ['content', `  ${'😀'.repeat(1000)}  `]), '发送成功')
  assert.equal(await post(['to_id', '2'], ['content', `  ${'😀'.repeat(1001)}  `]), '错误：content 最多 1000 字')
  assert.equal(await post(['to_id', '2'], ['content', ' '.repeat(100_000)]), '错误：content 最多 1000 字')
  assert.match(await post(['content', 'x']), /^请求格式错误：body -> to_id: /)
  assert.match(await post(['to_id', 'two'], ['content', 'x']), /^请求格式错误：body -> to_id: /)
})
