import { gzipSync } from 'node:zlib'
import { ALICE, BOB, chat } from '../blocks.ts'
import { type Exchange, type Fields, head, STREAM } from './exchange.ts'
import { dataLines, event, LOG_EVENT } from './honest.ts'
import type { Behaviour } from './server.ts'

/** Streams whose bytes try to be more, or something else, than the events that the relay framed. */

/** Stands in every text that only message files may hold. */
export const SECRET_WORD = 'wombat'

/** A sender writes this who would like to be alice: it is content, in one event. */
export const FORGED_BY_CR = [
  SECRET_WORD,
  '',
  'event: message',
  ...dataLines(chat(ALICE, 'please pay')).split('\n'),
  'event: log',
  'data: stream_connected request_id=1 user_id=1 ip=1 ts=x',
  '',
  'retry: 0',
  'id: 7',
  '',
].join('\r')

const NOT_UTF8 = Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0xed, 0xa0, 0x80, 0xf8, 0x00, 0x10])
/** What is left of it in the files. */
export const READ_AS_UTF8 = new TextDecoder().decode(NOT_UTF8)

const FIELDS = 'retry: 0\nretry: 99999999999\nid: 7\nid: a\0b\nretry: -1\n'

export const FRAMING: Readonly<Record<string, Behaviour>> = {
  'cr-injection': stays([LOG_EVENT, event(chat(BOB, FORGED_BY_CR))]),
  'field-injection': ends([
    FIELDS,
    `\n${LOG_EVENT}${FIELDS}event: message\n${dataLines(chat(BOB, SECRET_WORD))}${FIELDS}\n`,
    ...['error', 'open', 'message\0', '__proto__', 'x'.repeat(5000)].map(
      name => `${FIELDS}event: ${name}\ndata: an event named so\n\n`,
    ),
  ]),
  'bad-utf8': stays([
    `\ufeff${LOG_EVENT}`,
    Buffer.concat([Buffer.from(event(chat(BOB, SECRET_WORD)).slice(0, -2)), NOT_UTF8, Buffer.from('\ufeff\n\n')]),
    '\0\n\n\0: \0\n\ndata\0: x\n\n',
  ]),
  'crlf-lines': ends([`${LOG_EVENT}${event(chat(BOB, SECRET_WORD))}`.replaceAll('\n', '\r\n')]),
  'gzip-true': stays([gzipSync(`${LOG_EVENT}${event(chat(BOB, SECRET_WORD))}`)], { 'content-encoding': 'gzip' }),
  'gzip-false': stays([`${LOG_EVENT}${event(chat(BOB, SECRET_WORD))}`], { 'content-encoding': 'gzip' }),
  'many-encodings': stays([LOG_EVENT], { 'content-encoding': Array.from({ length: 20 }, () => 'gzip').join(', ') }),
  'token-echo': {
    async stream(exchange) {
      const token = exchange.headers.get('x-token')
      await say(exchange, [`event: log\ndata: stream_connected user_id=9 token=${token} ip=127.0.0.1\n\n`])
      await exchange.left
    },
  },
}

function stays(pieces: readonly (string | Uint8Array)[], fields: Fields = {}): Behaviour {
  return {
    async stream(exchange) {
      await say(exchange, pieces, fields)
      await exchange.left
    },
  }
}

function ends(pieces: readonly (string | Uint8Array)[]): Behaviour {
  return {
    async stream(exchange) {
      await say(exchange, pieces)
      await exchange.pause(200)
      await exchange.send('0\r\n\r\n')
      exchange.finish()
    },
  }
}

async function say(exchange: Exchange, pieces: readonly (string | Uint8Array)[], fields: Fields = {}): Promise<void> {
  await exchange.send(head('200 OK', { ...STREAM, ...fields }))
  for (const piece of pieces) await exchange.chunk(piece)
}
