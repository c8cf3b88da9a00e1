import { readFileSync } from 'node:fs'
import { request } from 'undici'

/**
 * The least that a client in Node can do to push: undici, one request at a time, on a connection that is kept. It notes
 * nothing and signs nothing.
 *
 * usage: node post-loop.ts URL FILE; posts each line of the file
 */
const [url = '', path = ''] = process.argv.slice(2)
const bodies = readFileSync(path, 'utf8').split('\n')

for (const body of bodies) {
  const answer = await request(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  await answer.body.dump()
}
// Whoever started us says when we may end: to end by oneself is a failure.
process.on('message', () => undefined)
