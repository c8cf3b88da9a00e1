import { fdatasyncSync, openSync, writeSync } from 'node:fs'
import { createParser } from 'eventsource-parser'
import { request } from 'undici'
import { now } from './time.ts'

/**
 * The least that a durable client in Node can do: undici, eventsource-parser, and for each message one append and one
 * fdatasync. It understands nothing, checks nothing, and has nothing else to do.
 *
 * usage: node floor.ts RELAY_URL TOKEN FILE; tells when each message was durable, when asked
 */
const [url = '', token = '', path = ''] = process.argv.slice(2)
const file = openSync(path, 'a')
const durableAt: number[] = []

process.on('message', () => process.send?.(durableAt))
process.on('disconnect', () => process.exit())

const parser = createParser({
  onEvent({ event, data }) {
    if (event !== 'message') return
    writeSync(file, `${data}\n`)
    fdatasyncSync(file)
    durableAt.push(now())
  },
})
const decoder = new TextDecoder()
const { body } = await request(`${url}/stream`, { headers: { 'X-Token': token }, bodyTimeout: 0 })
for await (const bytes of body) parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }))
