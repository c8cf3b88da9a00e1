import { openStream } from '../adapters/relay/stream.ts'
import { parseBlock } from '../protocol/relay/block.ts'
import { resolveSender } from '../protocol/relay/sender.ts'
import type { Network, RelayUser } from './relay-user.ts'

/** What a user of a relay hears, of those who can be told without a doubt. */
export interface Heard {
  readonly from: number
  readonly name: string
  readonly text: string
}

/** Resolves when the stream is open; it closes with the signal. */
export async function listenAs(
  { baseUrl, token }: RelayUser,
  { fetch, clock, signal, onHeard }: Network & { signal: AbortSignal; onHeard: (heard: Heard) => void },
): Promise<void> {
  const stream = openStream({
    url: `${baseUrl}/stream`,
    token,
    fetch,
    clock,
    onMessage(payload) {
      const heard = readHeard(payload)
      if (heard !== null) onHeard(heard)
    },
    onLog: () => {},
    onBytes: () => {},
    roomForMore: () => undefined,
  })
  signal.addEventListener('abort', () => stream.close(), { once: true })
  await stream.connected
}

function readHeard(payload: string): Heard | null {
  const block = parseBlock(payload)
  if (block === null || block.kind === 'notice') return null
  const sender = resolveSender({ ...block, partial: false }, () => null)
  return sender.kind === 'known' ? { from: sender.id, name: sender.name, text: sender.content } : null
}
