import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import { BlockList, isIPv6, type LookupFunction, Socket } from 'node:net'
import { buildConnector, type Dispatcher, EnvHttpProxyAgent, fetch as undiciFetch } from 'undici'
import type { ProxySettings } from '../core/environment.ts'
import type { BodyReader, FetchLike } from '../core/fetch.ts'

/** The one way out to the network. */
export interface Transport {
  readonly fetch: FetchLike
  /** Ends all connections. */
  close(): Promise<void>
}

/** A host that does not even take a connection in this time is not there. */
const CONNECT_LIMIT_MS = 10_000

export interface TransportOptions {
  /**
   * For requests to addresses that somebody typed: connections are kept between them, a lost answer only means another try,
   * and no name leads to where a machine tells its own secrets (OI §5.5).
   */
  readonly forPushes?: boolean
}

export function createTransport(proxy: ProxySettings, { forPushes = false }: TransportOptions = {}): Transport {
  const connector = createConnector(forPushes ? { lookup: avoidingLinkLocal(lookup) } : {})
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: proxy.http,
    httpsProxy: proxy.https,
    noProxy: forPushes ? exceptHere(proxy) : proxy.except,
    // A connection of its own for each request: the relay closes idle ones after 5 s, and a request on a connection
    // that is just being closed would leave its outcome open (RC §2).
    pipelining: forPushes ? 1 : 0,
    // HTTP/2, which a proxy in front of a relay may offer, would put stream and reads on one connection again.
    allowH2: false,
    // A silent stream is watched, never destroyed by a read time-out (design §3); every request has its own bound.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connector.connect,
    connectTimeout: CONNECT_LIMIT_MS,
  })
  return {
    fetch: forPushes ? pushFetch(dispatcher) : wholeFetch(dispatcher),
    async close() {
      await dispatcher.destroy()
      connector.close()
    },
  }
}

/** Programs on this machine are never behind a proxy, and the secrets that they are shown are none of its business. */
function exceptHere({ except }: ProxySettings): string {
  return [except, 'localhost', '127.0.0.1', '::1'].filter(name => name !== '').join(',')
}

function wholeFetch(dispatcher: Dispatcher): FetchLike {
  return (url, { onSent, body, ...init }) =>
    undiciFetch(url, {
      ...init,
      ...(body === undefined ? {} : { body: onSent === undefined ? body : new CountedBody([body], onSent) }),
      dispatcher,
    })
}

/**
 * The same for pushes, in half of the time: of the fetch standard they need nothing but a status, a header and some bytes.
 * It follows nobody, and leaves what came compressed as it is.
 */
function pushFetch(dispatcher: Dispatcher): FetchLike {
  return async (url, { method, headers, body = null, signal = null }) => {
    const { origin, pathname, search } = new URL(url)
    const answer = await dispatcher.request({ origin, path: pathname + search, method, headers, body, signal })
    return {
      status: answer.statusCode,
      headers: { get: name => answer.headers[name.toLowerCase()]?.toString() ?? null },
      body: { getReader: () => readerOf(answer.body) },
    }
  }
}

function readerOf(body: AsyncIterable<Uint8Array>): BodyReader {
  const pieces = body[Symbol.asyncIterator]()
  return {
    async read() {
      const { done = false, value } = await pieces.next()
      return done ? { done } : { done, value }
    },
    async cancel() {
      await pieces.return?.()
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
function createConnector(options: { lookup?: LookupFunction }): {
  readonly connect: buildConnector.connector
  close(): void
} {
  const connectTo = buildConnector({ ...options, timeout: CONNECT_LIMIT_MS, allowH2: false })
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

/** Link-local addresses: cloud machines answer there with the keys of their owner. */
const LINK_LOCAL = new BlockList()
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4')
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6')
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6')

type LookupAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

/** The same names, without the addresses that nobody is to be led to. */
export function avoidingLinkLocal(resolve: LookupAll): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      const allowed = found.filter(({ address }) => !isLinkLocal(address))
      const [first] = allowed
      if (first === undefined) callback(Object.assign(new Error('A link-local address'), { code: 'ELINKLOCAL' }), '')
      else if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

function isLinkLocal(address: string): boolean {
  return LINK_LOCAL.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
