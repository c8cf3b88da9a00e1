import { BOB, chat } from '../blocks.ts'
import { type Answer, type Fields, head, STREAM, TEXT } from './exchange.ts'
import { SECRET_WORD } from './framing.ts'
import { event, LOG_EVENT } from './honest.ts'
import type { Behaviour, Door } from './server.ts'

/** Connections that break, stall, or are of another kind. */

const LONG_EVENT = event(chat(BOB, `${SECRET_WORD} ${'.'.repeat(400)}`))
const UNCHUNKED: Fields = { 'content-type': 'text/event-stream; charset=utf-8' }

export const CONNECTIONS: Readonly<Record<string, Behaviour>> = {
  'reset-before-head': { everything: async exchange => exchange.reset() },
  'reset-in-head': { everything: says(['HTTP/1.1 200 OK\r\ncontent-type: text/ev'], 'reset') },
  'reset-after-head': { stream: says([head('200 OK', STREAM)], 'reset') },
  'reset-in-event': {
    async stream(exchange) {
      await exchange.send(head('200 OK', STREAM))
      await exchange.chunk(`${LOG_EVENT}${LONG_EVENT.slice(0, -6)}`)
      await exchange.pause(100)
      exchange.reset()
    },
  },
  'hang-up': { everything: async exchange => exchange.finish() },
  'end-at-once': { stream: says([`${head('200 OK', UNCHUNKED)}${LOG_EVENT}`], 'finish') },
  'no-http': { everything: says(['220 mail.example.org ESMTP ready\r\n'], 'stay') },
  'head-and-no-more': { stream: says([head('200 OK', STREAM)], 'stay') },
  'never-answers': { everything: exchange => exchange.left },
  trickle: {
    async everything(exchange) {
      for (const byte of Buffer.from(`${head('200 OK', UNCHUNKED)}${LOG_EVENT}`)) {
        if (!(await exchange.send(Uint8Array.of(byte))) || !(await exchange.pause(1000))) return
      }
    },
  },
  'length-too-long': {
    stream: says([`${head('200 OK', { ...UNCHUNKED, 'content-length': 9999 })}${LOG_EVENT}${LONG_EVENT}`], 'finish'),
    everything: says([`${head('200 OK', { ...TEXT, 'content-length': 9999 })}收件箱为空`], 'finish'),
  },
  'length-too-short': {
    stream: says(
      [`${head('200 OK', { ...UNCHUNKED, 'content-length': LOG_EVENT.length + 300 })}${LOG_EVENT}${LONG_EVENT}`],
      'finish',
    ),
    everything: says([`${head('200 OK', { ...TEXT, 'content-length': 6 })}收件箱为空`], 'finish'),
  },
  'two-lengths': {
    everything: says([`${head('200 OK', { ...TEXT, 'content-length': 6, 'Content-Length': 15 })}收件箱为空`], 'finish'),
  },
  'length-of-words': {
    everything: says([`${head('200 OK', { ...TEXT, 'content-length': '9e9' })}收件箱为空`], 'finish'),
  },
  refused: door('http', 'nobody'),
  'unknown-host': { door: { scheme: 'http', host: 'name.invalid', behind: 'plain' } },
  'silent-port': door('http', 'silence'),
  'silent-tls-port': door('https', 'silence'),
  'self-signed': door('https', 'self-signed'),
  'expired-certificate': door('https', 'expired'),
  'certificate-of-another': door('https', 'other-host'),
  'http-to-a-tls-port': door('http', 'good'),
  'https-to-a-plain-port': door('https', 'plain'),
}

function door(scheme: Door['scheme'], behind: Door['behind']): Behaviour {
  return { door: { scheme, behind } }
}

function says(pieces: readonly string[], then: 'reset' | 'finish' | 'stay'): Answer {
  return async exchange => {
    for (const piece of pieces) await exchange.send(piece)
    if (then === 'stay') return exchange.left
    await exchange.pause(100)
    if (then === 'reset') exchange.reset()
    else exchange.finish()
  }
}
