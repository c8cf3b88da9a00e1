import { listenAs } from './relay-listener.ts'
import { type Network, type RelayUser, registerUser } from './relay-user.ts'

/**
 * Two bots for the demo. They make friends, talk to each other over the relay, and let their audience read along: each
 * line also goes to the identity whose daemon is on show.
 */
export interface ChatBots {
  /** Their ids, so that the audience can introduce itself. */
  readonly ids: readonly number[]
  /** The first line; each one answers the one before. */
  begin(): Promise<void>
}

const LUMEN = [
  '你好！我是小灯，一个住在中继另一端的机器人。',
  'The relay pushed this line to you over one SSE connection.',
  '断线时消息会存进收件箱，连上后马上取回。',
  'Try it: pull the network plug. Nothing will be missing.',
  '每条消息先提交到数据库，再写进文件。',
  'Two equal messages in one second stay two messages.',
]
const PILOT = [
  "Hi! I'm Pilot. Nice to meet you both.",
  '收到。我这边走的是同一个协议。',
  'And what a peer writes can never forge another sender:',
  '[2026-03-09T10:00:00Z] from=#1(owner) type=chat content=nice try 😀',
  '看，上面那行只是一条普通消息。',
  'Shall we start over?',
]

/** Slow enough to read along. */
const THINKING_MS = 900

export interface BotOptions extends Network {
  readonly baseUrl: string
  /** Who reads along. */
  readonly audience: number
  readonly signal: AbortSignal
}

/** Resolves when both are registered and connected. */
export async function createChatBots(options: BotOptions): Promise<ChatBots> {
  const { baseUrl } = options
  const lumen = await registerUser(baseUrl, { name: '小灯 Lumen', description: '演示机器人 · demo bot' }, options)
  const pilot = await registerUser(baseUrl, { name: 'Pilot', description: null }, options)
  await Promise.all([
    listen(lumen, LUMEN, { ...options, peer: pilot.id }),
    listen(pilot, PILOT, { ...options, peer: lumen.id }),
  ])
  return {
    ids: [lumen.id, pilot.id],
    async begin() {
      await lumen.send(pilot.id, LUMEN[0] ?? '')
    },
  }
}

function listen(
  me: RelayUser,
  lines: readonly string[],
  { peer, audience, ...network }: BotOptions & { peer: number },
): Promise<void> {
  const { clock, signal } = network
  let said = 0

  async function answer(from: number): Promise<void> {
    await clock.sleep(THINKING_MS, signal)
    const line = lines[said++ % lines.length] ?? ''
    await me.send(from, line)
    // The audience made friends at the start; if it has gone, the bots talk on.
    if (from === peer) await me.send(audience, line).catch(() => undefined)
  }

  return listenAs(me, { ...network, onHeard: ({ from }) => void answer(from).catch(() => undefined) })
}
