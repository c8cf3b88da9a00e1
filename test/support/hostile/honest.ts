import { ALICE, BOB, friends, IMPOSTOR, inboxBody, profile, type TestUser } from '../blocks.ts'
import { type Answer, type Exchange, head, reply, STREAM } from './exchange.ts'

/** A relay as it should be, on the same sockets as the hostile one. */
export interface HonestRelay {
  readonly answer: Answer
  /** Open streams that have got the relay's line. */
  readonly streams: number
  push(block: string): void
}

export const ME: TestUser = { id: 9, name: 'me', description: null }

export const LOG_EVENT =
  'event: log\ndata: stream_connected request_id=1 user_id=9 ip=127.0.0.1 ts=2026-03-09T10:00:00Z\n\n'

export function event(block: string): string {
  return `event: message\n${dataLines(block)}\n`
}

export function dataLines(text: string): string {
  return text
    .split('\n')
    .map(line => `data: ${line}\n`)
    .join('')
}

export function createHonestRelay(): HonestRelay {
  const streams = new Set<Exchange>()
  const users = new Map([ALICE, BOB, IMPOSTOR, ME].map(user => [user.id, user]))

  function answerTo(path: string): Answer {
    if (path === '/stream') return stream
    if (path.startsWith('/messages')) return reply(inboxBody([]))
    if (path === '/friends') return reply(friends([ALICE]))
    const user = users.get(Number(/^\/users\/(\d+)$/.exec(path)?.[1]))
    return reply(user === undefined ? '错误：用户不存在' : profile(user))
  }

  async function stream(exchange: Exchange): Promise<void> {
    await exchange.send(head('200 OK', STREAM))
    await exchange.chunk(LOG_EVENT)
    streams.add(exchange)
    await exchange.left
    streams.delete(exchange)
  }

  return {
    answer: exchange => answerTo(exchange.path)(exchange),
    get streams() {
      return streams.size
    },
    push(block) {
      for (const one of streams) void one.chunk(event(block))
    },
  }
}
