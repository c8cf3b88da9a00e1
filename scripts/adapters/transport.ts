import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici'
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
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: proxy.http,
    httpsProxy: proxy.https,
    noProxy: proxy.except,
    // A connection of its own for each request: the relay closes idle ones after 5 s, and a request on a connection
    // that is just being closed would leave its outcome open (RC §2).
    pipelining: 0,
    // A silent stream is watched, never destroyed by a read time-out (design §3); every request has its own bound.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: CONNECT_LIMIT_MS },
  })
  return {
    fetch: (url, init) => undiciFetch(url, { ...init, dispatcher }),
    close: () => dispatcher.destroy(),
  }
}
