import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { type Certificate, tlsFiles } from './certificates.ts'
import { type Answer, createExchange } from './exchange.ts'
import { createHonestRelay } from './honest.ts'

/**
 * A relay that is hostile, or broken, or none. The first part of the path chooses the behaviour: a daemon with the
 * base_url `http://127.0.0.1:PORT/cr-injection` meets what that name stands for, until the lane is healed.
 */
export interface HostileServer {
  open(name: string, behaviour: Behaviour): Promise<Lane>
  close(): void
}

/** What is left out is answered as an honest relay would. */
export interface Behaviour {
  readonly stream?: Answer
  readonly messages?: Answer
  readonly friends?: Answer
  readonly users?: Answer
  /** For each of the above that is not given. */
  readonly everything?: Answer
  /** The connection itself is at fault: such a behaviour has a port of its own. */
  readonly door?: Door
}

export interface Door {
  readonly scheme: 'http' | 'https'
  /** Instead of 127.0.0.1. */
  readonly host?: string
  /** `nobody`: the port is closed. `silence`: connections are taken, and nothing ever comes back. */
  readonly behind: 'nobody' | 'silence' | 'plain' | Certificate
}

export interface Sighting {
  readonly atMs: number
  readonly path: string
  readonly headers: ReadonlyMap<string, string>
}

export interface Lane {
  readonly baseUrl: string
  /** The same relay where nothing is in the way of it. */
  readonly healthyUrl: string
  readonly requests: readonly Sighting[]
  /** Connections; of a lane without a port of its own, those that asked for something. */
  readonly connections: number
  /** Bytes of hostile answers that were sent. */
  readonly sent: number
  /** Streams that are open since it is honest. */
  readonly streams: number
  /** From now on an honest relay at the same address. What is open is cut, as by a restart. */
  heal(): Promise<void>
  push(block: string): void
}

type Taker = (socket: Socket, path: string, headers: ReadonlyMap<string, string>) => void

interface Port {
  readonly number: number
  readonly connections: number
  heal(): Promise<void>
  close(): void
}

export async function startHostileServer(): Promise<HostileServer> {
  const takers = new Map<string, Taker>()
  const shared = await openPort({ scheme: 'http', behind: 'plain' }, take)
  const ports = [shared]

  function take(socket: Socket, path: string, headers: ReadonlyMap<string, string>): void {
    const [, name = '', rest = ''] = /^\/([^/?]*)(.*)$/.exec(path) ?? []
    const taker = takers.get(name)
    if (taker === undefined) socket.destroy()
    else taker(socket, rest, headers)
  }

  return {
    async open(name, behaviour) {
      const { door } = behaviour
      if (door === undefined) {
        const { lane, taker } = createLane(behaviour, { url: `http://127.0.0.1:${shared.number}/${name}`, port: null })
        takers.set(name, taker)
        return lane
      }
      const port = await openPort(door, take)
      ports.push(port)
      const healthyUrl = `${door.scheme}://127.0.0.1:${port.number}/${name}`
      const { lane, taker } = createLane(behaviour, { url: healthyUrl, port })
      takers.set(name, taker)
      return lane
    },
    close() {
      for (const port of ports) port.close()
    },
  }
}

function createLane(
  behaviour: Behaviour,
  { url, port }: { url: string; port: Port | null },
): { lane: Lane; taker: Taker } {
  let honest = createHonestRelay()
  const requests: Sighting[] = []
  const open = new Set<Socket>()
  let healed = false
  let sent = 0

  function answerTo(path: string): Answer {
    if (healed) return honest.answer
    const { stream, messages, friends, users, everything } = behaviour
    const given = path.startsWith('/messages')
      ? messages
      : path.startsWith('/users/')
        ? users
        : path === '/stream'
          ? stream
          : friends
    return given ?? everything ?? honest.answer
  }

  const lane: Lane = {
    baseUrl: url.replace('127.0.0.1', behaviour.door?.host ?? '127.0.0.1'),
    healthyUrl: url,
    requests,
    get connections() {
      return port === null ? requests.length : port.connections
    },
    get sent() {
      return sent
    },
    get streams() {
      return honest.streams
    },
    async heal() {
      healed = true
      honest = createHonestRelay()
      for (const socket of open) socket.destroy()
      await port?.heal()
    },
    push: block => honest.push(block),
  }
  return {
    lane,
    taker(socket, path, headers) {
      requests.push({ atMs: performance.now(), path, headers })
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      const hostile = !healed
      const exchange = createExchange(socket, { path, headers }, bytes => {
        if (hostile) sent += bytes
      })
      answerTo(path)(exchange).catch(error => socket.destroy(error))
    },
  }
}

async function openPort(door: Door, take: Taker): Promise<Port> {
  const sockets = new Set<Socket>()
  let connections = 0
  let { behind } = door
  const server = createServer(socket => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    if (behind === 'silence') return
    if (behind === 'plain' || behind === 'nobody') {
      readHead(socket, take)
      return
    }
    const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(tlsFiles(behind)) })
    readHead(secure, take)
  })
  const number = await listenAt(server, 0)
  if (behind === 'nobody') await stopListening(server)

  return {
    number,
    get connections() {
      return connections
    },
    async heal() {
      const wasClosed = behind === 'nobody'
      behind = door.scheme === 'https' ? 'good' : 'plain'
      if (wasClosed) await listenAt(server, number)
      for (const socket of sockets) socket.destroy()
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function listenAt(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function stopListening(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}

const LONGEST_HEAD = 65_536
/** The first byte of a TLS handshake. */
const HANDSHAKE = 0x16

/** One request a connection: that is how the daemon asks. */
function readHead(socket: Socket, take: Taker): void {
  let text = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', function collect(bytes: Buffer) {
    text += bytes.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    if (end === -1) {
      if (text.charCodeAt(0) === HANDSHAKE) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
      else if (text.length > LONGEST_HEAD) socket.destroy()
      return
    }
    socket.off('data', collect)
    // Read on: otherwise nobody would notice that the other side has gone.
    socket.resume()
    const [line = '', ...fields] = text.slice(0, end).split('\r\n')
    const headers = fields.map(field => {
      const at = field.indexOf(':')
      return [field.slice(0, at).toLowerCase(), field.slice(at + 1).trim()] as const
    })
    take(socket, line.split(' ')[1] ?? '', new Map(headers))
  })
}
