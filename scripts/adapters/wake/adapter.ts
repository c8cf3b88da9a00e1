import type { WakeConfig } from '../../core/config.ts'
import { UnreachableError } from '../../core/errors.ts'
import type { PushContext } from '../../core/sink.ts'
import { decodeUtf8 } from '../../core/utf8.ts'
import { adviceFor } from '../../protocol/wake/advice.ts'
import { type PokeOutcome, readWakeAnswer } from '../../protocol/wake/answer.ts'
import { type Poke, type PokeRequest, pokeRequest } from '../../protocol/wake/poke.ts'
import { type HttpReply, neverSent, request } from '../http.ts'

/** OI §3.5: a wake is only queued, an agent's turn is admitted first, which may take 15 s. */
const TIMEOUT_MS: Readonly<Record<WakeConfig['mode'], number>> = { wake: 5000, agent: 20_000, mapping: 20_000 }
/** A sentence or two; a page in its place is not read to its end. */
const LONGEST_ANSWER_BYTES = 64 * 1024

/** Wakes the agent once (OI §3). When to do so, and when again, is the engine's business. Throws only what aborted it. */
export async function poke(config: WakeConfig, poke: Poke, ctx: PushContext): Promise<PokeOutcome> {
  const made = pokeRequest(config, poke)
  const bytes = Buffer.byteLength(made.body)
  try {
    const { status, retryAfter, body } = await ask(made, TIMEOUT_MS[config.mode], ctx)
    return readWakeAnswer({ status, retryAfter, text: decodeUtf8(body) }, { config, now: ctx.clock.now(), bytes })
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (!(error instanceof UnreachableError)) throw error
    const { reason } = error
    return {
      kind: 'unavailable',
      httpStatus: null,
      reason,
      retryAfterMs: null,
      mayHaveArrived: !neverSent(error),
      advice: adviceFor(reason, { config, words: null }),
      said: null,
      bytes,
    }
  }
}

/** The gateway listens on the IPv4 loopback address, and `localhost` may mean the other one (OI §3.1). */
async function ask(made: PokeRequest, timeoutMs: number, ctx: PushContext): Promise<HttpReply> {
  const second = onIpv4(made.url)
  try {
    return await once(made.url, made, { timeoutMs, ctx })
  } catch (error) {
    if (second === null || !neverSent(error)) throw error
    return await once(second, made, { timeoutMs, ctx })
  }
}

function onIpv4(address: string): string | null {
  const url = new URL(address)
  // A certificate for the name says nothing about the number.
  if (url.hostname !== 'localhost' || url.protocol !== 'http:') return null
  url.hostname = '127.0.0.1'
  return url.href
}

function once(
  url: string,
  { headers, body }: PokeRequest,
  { timeoutMs, ctx: { fetch, clock, signal } }: { timeoutMs: number; ctx: PushContext },
): Promise<HttpReply> {
  const init = { method: 'POST', headers, body } as const
  return request(fetch, clock, { url, init, timeoutMs, maxBytes: LONGEST_ANSWER_BYTES, signal })
}
