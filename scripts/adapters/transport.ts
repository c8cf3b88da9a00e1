import { Socket } from 'node:net'
import { buildConnector, EnvHttpProxyAgent, fetch as undiciFetch } from 'undici'
import type { ProxySettings } from '../core/environment.ts'
import type { FetchLike } from '../core/fetch.ts'

/** The one way out to the network. */
export interface Transport {
  readonly fetch: FetchLike
  /** Ends all connections. */
  close(): Promise<void>
}

/** A host that does not even take a connection in this time is not there. */
const CONNECT_LIMIT_MS = 10_000

export function createTransport(proxy: ProxySettings): Transport {
  const connector = createConnector()
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: proxy.http,
    httpsProxy: proxy.https,
    noProxy: proxy.except,
    // A connection of its own for each request: the relay closes idle ones after 5 s, and a request on a connection
    // that is just being closed would leave its outcome open (RC §2).
    pipelining: 0,
    // HTTP/2, which a proxy in front of a relay may offer, would put stream and reads on one connection again.
    allowH2: false,
    // A silent stream is watched, never destroyed by a read time-out (design §3); every request has its own bound.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connector.connect,
    connectTimeout: CONNECT_LIMIT_MS,
  })
  return {
    fetch: (url, { onSent, body, ...init }) =>
      undiciFetch(url, {
        ...init,
        ...(body === undefined ? {} : { body: onSent === undefined ? body : new CountedBody([body], onSent) }),
        dispatcher,
      }),
    async close() {
      await dispatcher.destroy()
      connector.close()
    },
  }
}

/** One piece of a body whose progress is told. */
const PIECE_BYTES = 64 * 1024

/** Goes out in pieces that are counted as they are taken. Its length is known, so nothing is sent chunked. */
class CountedBody extends Blob {
  readonly #onSent: (bytes: number) => void

  constructor(parts: ConstructorParameters<typeof Blob>[0], onSent: (bytes: number) => void) {
    super(parts)
    this.#onSent = onSent
  }

  override stream() {
    let sent = 0
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async controller => {
        const piece = new Uint8Array(await this.slice(sent, sent + PIECE_BYTES).arrayBuffer())
        if (piece.length === 0) {
          controller.close()
          return
        }
        sent += piece.length
        this.#onSent(sent)
        controller.enqueue(piece)
      },
    })
  }
}

/** A dispatcher forgets whoever is still connecting when it is destroyed: a silent host would hold the process up. */
function createConnector(): { readonly connect: buildConnector.connector; close(): void } {
  const connectTo = buildConnector({ timeout: CONNECT_LIMIT_MS, allowH2: false })
  const connecting = new Set<Socket>()
  return {
    connect(options, callback) {
      const socket: unknown = connectTo(options, (...outcome) => {
        if (socket instanceof Socket) connecting.delete(socket)
        callback(...outcome)
      })
      if (socket instanceof Socket) connecting.add(socket)
    },
    close() {
      for (const socket of connecting) socket.destroy()
    },
  }
}
