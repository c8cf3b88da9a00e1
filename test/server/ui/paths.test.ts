import assert from 'node:assert/strict'
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { SHOWN_FILES } from '../../../scripts/store/data-file-reader.ts'
import { SECRET, startSite } from './site.ts'
import type { Reply, Wire } from './wire.ts'
import { requestHead } from './wire.ts'

const PREFIX = '/openwechat_im_client/'

/** The only addresses at which there is anything, and what is there. */
const CONTENT: ReadonlyMap<string, string> = new Map([
  ['/', 'the page'],
  ['/index.html', 'the page'],
  ['/views/main.js', 'the view'],
  ...SHOWN_FILES.map(name => [`${PREFIX}${name}`, `shown: ${name}`] as const),
])

function assertWhitelisted(path: string, reply: Reply): void {
  assert.ok(!reply.raw.includes(SECRET), path)
  const expected = CONTENT.get(path.split('?')[0] ?? '')
  if (reply.status === 200) {
    assert.notEqual(expected, undefined, `${path} is an address of nothing`)
    assert.equal(reply.body.toString(), expected, path)
  } else {
    assert.ok([400, 404].includes(reply.status), `${path}: ${reply.status}`)
    assert.match(reply.body.toString(), /^\{"error":"(?:bad_target|bad_request|not_found)"\}$/)
    // A control character makes it no HTTP at all, also behind a question mark.
    if (reply.status === 404) assert.equal(expected, undefined, `${path} should have been found`)
  }
}

async function ask(wire: Wire, host: string, path: string): Promise<Reply> {
  return wire.ask(requestHead('GET', path, { Host: host }))
}

/** Ways to write a part of a path that some server somewhere has fallen for. */
const TRICKS = [
  ...[
    '..',
    '.',
    '...',
    '....//',
    '%2e%2e',
    '%2E%2E',
    '.%2e',
    '%252e%252e',
    '%25252e%25252e',
    '%c0%ae%c0%ae',
    '%uff0e%uff0e',
  ],
  ...[
    '/',
    '//',
    '\\',
    '%2f',
    '%2F',
    '%5c',
    '%5C',
    '%252f',
    '%255c',
    '%c0%af',
    '%u2215',
    ';',
    ';/',
    '?',
    '#',
    '%23',
    '%3f',
  ],
  ...['%00', '%00.md', '%0a', '%0d%0a', '%20', '+', '~', '$', '*', ':', '::$DATA', '%', '%zz', '%e4', '\u00e4', '\t'],
  ...[
    'config.json',
    'CONFIG.JSON',
    'Config.json',
    'config.json.',
    'config.json/',
    'config%2ejson',
    'state.db',
    'state.db-wal',
  ],
  ...[
    'lock.db',
    'daemon.token',
    '.files',
    '.files/1',
    '.hidden',
    'secret.txt',
    'package.json',
    'scripts',
    'cli.ts',
    'skill',
  ],
  ...[
    'openwechat_im_client',
    'OPENWECHAT_IM_CLIENT',
    'ui',
    'views',
    'main.js',
    'index',
    'index.html',
    'live',
    'proc',
    'self',
  ],
  ...[
    'conversations.md',
    'conversations.md.bak',
    'Conversations.md',
    'conversations.md%20',
    'conversations.md.',
    ...SHOWN_FILES,
  ],
]

describe('nothing but the page and the seven files has an address', () => {
  test('each of these has one, whatever follows a question mark', async t => {
    const site = await startSite(t)
    const wire = site.wire()
    for (const [path, content] of CONTENT) {
      for (const query of ['', '?', '?x=../config.json', '?/../../secret.txt']) {
        const reply = await ask(wire, site.host, `${path}${query}`)
        assert.equal(reply.status, 200, path)
        assert.equal(reply.body.toString(), content)
      }
    }
  })

  test('no way of writing leads to another file', async t => {
    const site = await startSite(t)
    const wire = site.wire()
    const starts = [
      '/',
      PREFIX,
      '/views/',
      '//',
      '/\\',
      `${PREFIX}conversations.md/`,
      '/openwechat_im_client%2f',
      '/./',
    ]
    const ups = [
      '',
      ...TRICKS.slice(0, 11).flatMap(up => ['/', '\\', '%2f', '%5c', '%252f'].map(slash => `${up}${slash}`)),
    ]
    const names = [
      'config.json',
      'state.db',
      'secret.txt',
      'package.json',
      'scripts/cli.ts',
      '.files/1',
      'skill/package.json',
    ]
    const absolute = [`${site.data}/config.json`, `/${site.data}/config.json`, `${PREFIX}${site.data}/config.json`]
    for (const path of absolute) assertWhitelisted(path, await ask(wire, site.host, path))
    for (const start of starts) {
      for (const up of ups) {
        for (const name of names) {
          const path = `${start}${up}${up}${name}`
          assertWhitelisted(path, await ask(wire, site.host, path))
        }
      }
    }
  })

  test('a folder is not listed', async t => {
    const site = await startSite(t)
    for (const path of ['/views', '/views/', PREFIX, '/openwechat_im_client', '/.', '/..', '//']) {
      assert.equal((await site.wire().get(path)).status, 404, path)
    }
  })

  test('twenty thousand random paths find only what has an address', async t => {
    const site = await startSite(t)
    const wire = site.wire()
    const part = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...TRICKS) }, fc.string({ maxLength: 6 }))
    const loose = fc.array(part, { maxLength: 7 }).map(parts => parts.join(''))
    const strict = fc.array(part, { maxLength: 5 }).map(parts => parts.join('/'))
    const path = fc
      .tuple(fc.constantFrom('/', PREFIX, '/views/'), fc.oneof(loose, strict))
      // A blank or the end of a line would end the request line; below 0x21 only the tab is tried, above.
      .map(([start, rest]) => Buffer.from(`${start}${rest}`.replace(/[\r\n ]/g, '%20')).toString('latin1'))
    let found = 0
    await fc.assert(
      fc.asyncProperty(path, async one => {
        const reply = await ask(wire, site.host, one)
        // The one address that never ends.
        if (reply.headers.get('content-type') === 'text/event-stream') {
          assert.equal(one.split('?')[0], '/live')
          wire.end()
          return
        }
        // A fragment is never sent by a browser; Node takes it for a part of the path, and so do we.
        assertWhitelisted(one, reply)
        if (reply.status === 200) found++
      }),
      { numRuns: 20_000 },
    )
    assert.ok(found > 0, 'the paths reach what there is')
  })
})

describe('the page’s own files', () => {
  test('are served from their folder, not from where a link leads', async t => {
    const site = await startSite(t)
    symlinkSync(join(site.data, 'config.json'), join(site.page, 'linked.json'))
    symlinkSync(site.data, join(site.page, 'linked'))
    mkdirSync(join(site.page, 'index'))
    writeFileSync(join(site.page, 'index', 'index'), SECRET)
    for (const path of ['/linked.json', '/linked/config.json', '/linked/conversations.md', '/index']) {
      const reply = await site.wire().get(path)
      assert.equal(reply.status, 404, path)
      assert.ok(!reply.raw.includes(SECRET))
    }
  })

  test('may have a second name, as package managers give them', async t => {
    const site = await startSite(t)
    linkSync(join(site.page, 'index.html'), join(site.home, 'kept.html'))
    assert.equal((await site.wire().get('/')).status, 200)
  })

  test('come whole, whatever range is asked for, and not again when they are known', async t => {
    const site = await startSite(t)
    const wire = site.wire()
    const part = await wire.get('/views/main.js', { Range: 'bytes=-2' })
    assert.equal(part.status, 200)
    assert.equal(part.body.toString(), 'the view')
    assert.match(part.headers.get('content-type') ?? '', /^text\/javascript/)
    const known = await wire.get('/views/main.js', { 'If-None-Match': part.headers.get('etag') ?? '' })
    assert.equal(known.status, 304)
  })
})
