import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type RelayEvent, type RelayOptions, startRelay } from '../../scripts/embedded/relay/server.ts'
import { runProgram } from './child.ts'
import { listen } from './listen.ts'
import { registerHere } from './register-here.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { viewOf } from './test-daemon.ts'

export const TOKEN = /[0-9a-f]{32}/

export async function relayFor(t: TestContext, options: RelayOptions = {}) {
  const events: RelayEvent[] = []
  const relay = await startRelay({ rateLimit: false, observe: event => events.push(event), ...options })
  t.after(() => relay.close())
  return {
    url: relay.url,
    registrations: () => events.filter(one => one.kind === 'request' && one.path === '/register').length,
  }
}

/** Looks like a relay, and answers a registration as the test says. */
export async function impostor(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    if (request.url === '/health') response.end('{"status":"ok"}')
    else if (request.url === '/stats') response.end('{"users":1,"friendships":0,"messages":0}')
    else answer(request, response)
  })
  return `http://127.0.0.1:${await listen(t, server)}`
}

export function newFolder() {
  const path = join(temporaryFolder(), 'openwechat_im_client')
  const view = viewOf(path)
  return {
    path,
    view,
    config: () => view.json('config.json'),
    /** The replies that were kept. */
    kept: () =>
      readdirSync(join(path, '.files')).map(name => ({
        name,
        text: readFileSync(join(path, '.files', name), 'utf8'),
        mode: statSync(join(path, '.files', name)).mode & 0o777,
      })),
    /** The whole command line, in a process of its own. */
    register: (url: string, ...more: string[]) =>
      runProgram([
        'register',
        '--base-url',
        url,
        '--data-dir',
        path,
        ...(more.includes('--name') ? [] : ['--name', 'Lumen']),
        ...more,
      ]),
    here: (url: string, values: Parameters<typeof registerHere>[0] = {}) =>
      registerHere({ 'base-url': url, name: 'Lumen', ...values }, { path }),
  }
}
