import { gzipSync } from 'node:zlib'
import { BOB, chat } from '../blocks.ts'
import { type Answer, asChunk, type Exchange, flood, head, STREAM, TEXT } from './exchange.ts'
import { SECRET_WORD } from './framing.ts'
import { event, LOG_EVENT } from './honest.ts'
import type { Behaviour } from './server.ts'

/** Answers without end, or without measure. */

export const MIB = 1024 * 1024
/** As much as is ever sent in one answer. */
const MUCH = 208 * MIB
const X = 'x'.repeat(65_536)
/** Shows that what came before did no harm. */
const LAST = event(chat(BOB, SECRET_WORD))
const GZIP = { 'content-encoding': 'gzip' }
const SUMMARY = `收件箱共 1 条 | 本次读取并清除 1 条 | 剩余 0 条（已全部读取）\n${'═'.repeat(40)}\n[1]\n`
const PINGS = ': ping\n\n: pong\n'.repeat(16)

export const SIZES: Readonly<Record<string, Behaviour>> = {
  'endless-comments': floods(`${PINGS}: ${'x'.repeat(2000)}\n`, MUCH, { start: '', end: `\n\n${LAST}` }),
  'oversized-line': floods(X, MUCH, { start: 'event: message\ndata: ', end: `\n\n${LAST}` }),
  'oversized-event': floods('data:\ndata: xxxxxxxx\n', MUCH, { start: 'event: message\n', end: `\n${LAST}` }),
  'nothing-but-cr': floods('\r', MIB, { start: 'event: message\ndata: ', end: `\n\n${LAST}` }),
  'one-byte-chunks': {
    async stream(exchange) {
      await begin(exchange)
      await exchange.chunk('event: message\ndata: ')
      await flood(exchange.send, asChunk('x'), 12 * MIB)
      await exchange.chunk(`\n\n${LAST}`)
      await exchange.left
    },
  },
  'compressed-flood': {
    async stream(exchange) {
      await exchange.send(head('200 OK', { ...STREAM, ...GZIP }))
      await exchange.chunk(gzipSync(`${LOG_EVENT}event: message\ndata: `))
      await flood(exchange.chunk, bomb(), (MUCH / BOMB_BYTES) * bomb().length)
      await exchange.chunk(gzipSync(`\n\n${LAST}`))
      await exchange.left
    },
  },
  'many-headers': endlessHead('HTTP/1.1 200 OK\r\n', `x-filler: ${'y'.repeat(1000)}\r\n`),
  'long-header': endlessHead('HTTP/1.1 200 OK\r\nx-filler: ', X),
  'long-status-line': endlessHead('HTTP/1.1 200 ', X),
  'early-hints': endlessHead('', 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n'),
  'endless-inbox': { messages: endlessBody(`${SUMMARY}${chat(BOB, SECRET_WORD)}`, X) },
  'endless-page-for-inbox': { messages: endlessBody('<html>', X) },
  'compressed-inbox': {
    async messages(exchange) {
      await exchange.send(head('200 OK', { ...TEXT, ...GZIP }))
      await exchange.send(gzipSync(`${SUMMARY}${chat(BOB, SECRET_WORD)}`))
      await flood(exchange.send, bomb(), (MUCH / BOMB_BYTES) * bomb().length)
      exchange.finish()
    },
  },
  'endless-friends': { friends: endlessBody(`共 9 位好友\n${'═'.repeat(40)}\n`, '（ID:1）\n    简介：') },
  'endless-profile': { users: endlessBody('me（ID:9）\n    简介：', X) },
}

/** An event stream with this between its start and its end. */
function floods(piece: string, total: number, { start, end }: { start: string; end: string }): Behaviour {
  return {
    async stream(exchange) {
      await begin(exchange)
      await exchange.chunk(start)
      await flood(exchange.chunk, piece, total)
      await exchange.chunk(end)
      await exchange.left
    },
  }
}

async function begin(exchange: Exchange): Promise<void> {
  await exchange.send(head('200 OK', STREAM))
  await exchange.chunk(LOG_EVENT)
}

function endlessHead(start: string, piece: string): Behaviour {
  return {
    async everything(exchange) {
      await exchange.send(start)
      await flood(exchange.send, piece, MUCH)
      await exchange.left
    },
  }
}

function endlessBody(start: string, piece: string): Answer {
  return async exchange => {
    await exchange.send(`${head('200 OK', TEXT)}${start}`)
    await flood(exchange.send, piece, MUCH)
    exchange.finish()
  }
}

const BOMB_BYTES = 16 * MIB
let bombOnce: Buffer | undefined

/** 16 MiB in 16 KiB; several in a row are one valid body (RFC 1952). */
function bomb(): Buffer {
  bombOnce ??= gzipSync(Buffer.alloc(BOMB_BYTES, 'x'), { level: 9 })
  return bombOnce
}
