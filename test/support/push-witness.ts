import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { listen } from './listen.ts'

/**
 * A receiver that outlives those who push to it: it remembers what each of them brought, and whether it took it. A request
 * that was cut before its end never happened.
 */
export interface PushWitness {
  readonly url: string
  readonly pushes: readonly WitnessedPush[]
}

export interface WitnessedPush {
  /** Of the event. */
  readonly id: string
  /** Of the message; null: it is not about one. */
  readonly seq: number | null
  readonly digest: string
  /** Which daemon brought it: the first one, the second … */
  readonly life: number
  readonly answer: Answer
}

/** `reset`: read, and the connection cut. `hang`: no answer ever. */
export type Answer = 'taken' | 'refused' | 'reset' | 'hang'

export interface WitnessOptions {
  /** The daemon that runs now. */
  readonly life: () => number
  readonly port?: number
  readonly answer?: (id: string) => Answer
}

export async function startWitness(t: TestContext, options: WitnessOptions): Promise<PushWitness> {
  const pushes: WitnessedPush[] = []
  /** What the kernel still holds of a daemon that was killed is that one's. */
  const lives = new WeakMap<Socket, number>()
  const server = createServer((incoming, response) => {
    void read(incoming).then(body => {
      if (body === null) return
      const push = pushOf(incoming, body)
      const answer = options.answer?.(push.id) ?? 'taken'
      pushes.push({ ...push, life: lives.get(incoming.socket) ?? 0, answer })
      give(response, answer)
    })
  })
  server.on('connection', socket => void lives.set(socket, options.life()))
  const port = await listen(t, server, options.port)
  return { url: `http://127.0.0.1:${port}/hook`, pushes }
}

async function read(incoming: IncomingMessage): Promise<Buffer | null> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of incoming) pieces.push(piece as Buffer)
    return Buffer.concat(pieces)
  } catch {
    return null
  }
}

/** Both kinds of sinks: event webhooks, and the wechat_abot plugin. */
function pushOf({ headers }: IncomingMessage, body: Buffer): Pick<WitnessedPush, 'id' | 'seq' | 'digest'> {
  const text = JSON.parse(body.toString('utf8')) as { data?: { seq?: number }; MsgId?: number }
  return {
    id: String(headers['x-webhook-id'] ?? headers['x-wechat-abot-event-id']),
    seq: text.data?.seq ?? text.MsgId ?? null,
    digest: createHash('sha256').update(body).digest('base64'),
  }
}

function give(response: ServerResponse, answer: Answer): void {
  if (answer === 'taken') response.writeHead(204).end()
  if (answer === 'refused') response.writeHead(500).end()
  if (answer === 'reset') response.socket?.destroy()
}
