/** Ports of this machine, for nobody else. */

import type { Server } from 'node:http'
import { listenAt } from '../listen.ts'

/** "The simulator itself is plain HTTP", on loopback only. */
const HOST = '127.0.0.1'

/** Returns its origin. @throws ConfigError when the port is taken */
export async function listen(server: Server, port: number): Promise<string> {
  const address = await listenAt(server, { host: HOST, port, who: { en: 'The simulator', zh: '模拟器' } })
  return `http://${HOST}:${address.port}`
}

export function stopListening(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
